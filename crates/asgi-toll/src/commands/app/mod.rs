//! `asgi-toll app`: what does each middleware of *your* application cost?

mod asked;
mod ending;
mod judging;
mod plan;
mod project;
mod refusal;
mod requests;
mod secrets;
mod served;
mod upgrade;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use toll_analysis::audit::results::AuditReport;
use toll_analysis::audit::{Asked, judge};
use toll_core::audit::{Layer, Removal};
use toll_core::axes;
use toll_core::failure::{Failure, Stage};
use toll_core::plan::{Plan, SeriesPlan};
use toll_core::workload::Workload;
use toll_lab::bench::Station;
use toll_lab::driving::FirstAnswer;
use toll_lab::instrument::{Inspected, Looking, SERVER_ERROR};

use crate::catalogue::{self, Shelf};
use crate::cli::{AppArgs, Global};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::job::{self, Order, Prepared, Question, Task, Workshop};
use crate::printer::Printer;
use crate::settings;

use ending::{exit_of, has_number, show, write};
use judging::{Layers, side_by_side};
use plan::{Draft, Seen, UPGRADED, VARIANTS};
use project::Project;
use upgrade::{Upgraded, upgraded};
use wishes::Wishes;

/// The name under which the catalogue is opened; there is no suite.
const SUITE: &str = "./command-line.toml";

/// Statuses from here on say that the request is at fault.
const CLIENT_ERROR: u16 = 400;

pub(crate) fn run(args: &AppArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let wanted = requests::requests(args)?;
    let slowest = settings::duration(&args.slowest)?;
    let time = settings::duration(&args.time)?;
    let workshop = Workshop::open(global, None, printer.hushed())?;
    let project = match Project::open(args, &workshop) {
        Err(_) if workshop.aborted() => {
            printer.talk("Interrupted before anything was measured");
            return Ok(Exit::Interrupted);
        }
        opened => opened?,
    };
    printer.talk(format!(
        "Python {} by {}: {}",
        project.environment.python_version,
        project.found_by,
        settings::without_home(&project.environment.python.display().to_string())
    ));
    let server = served::chosen(args, &project)?;
    let event_loop = project.event_loop(args.event_loop.as_deref())?;
    let audit = Audit {
        args,
        wishes: Wishes::of(args)?,
        upgraded: upgraded(&args.upgrade, &workshop, &project)?,
        workshop: &workshop,
        project: &project,
        printer,
        draft: Draft {
            app: &args.app,
            event_loop: &event_loop,
            lifespan: &args.lifespan,
            budget_s: (time.as_secs() * wanted.len() as u64).max(1),
            instruments: &args.instruments,
            server,
        },
    };
    let seen = audit.inspected(&wanted, slowest)?;
    if workshop.aborted() {
        printer.talk("Interrupted before anything was measured");
        return Ok(Exit::Interrupted);
    }
    let Some(report) = audit.measured(&seen)? else {
        printer.talk("Interrupted before anything was measured");
        return Ok(Exit::Interrupted);
    };
    show(&report, args, printer)?;
    Ok(exit_of(&report, args))
}

/// What an audit is made with.
struct Audit<'a> {
    args: &'a AppArgs,
    wishes: Wishes,
    /// Another environment to be compared with the project's.
    upgraded: Option<Upgraded>,
    workshop: &'a Workshop,
    project: &'a Project,
    printer: Printer,
    draft: Draft<'a>,
}

impl Audit<'_> {
    /// A first look with a few requests, before any is repeated.
    fn inspected(&self, wanted: &[Workload], slowest: Duration) -> anyhow::Result<Vec<Seen>> {
        let scratch = tempfile::tempdir()?;
        let elsewhere = self.upgraded.as_ref().map(|_| UPGRADED);
        let kinds: Vec<&str> = std::iter::once(VARIANTS).chain(elsewhere).collect();
        let plan = self.draft.to_inspect(wanted, &kinds);
        let order = Order {
            out: Some(scratch.path().join("inspect")),
            ..self.order(plan, wanted)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let wish = |layers: &[Layer]| self.wishes.change(layers);
        let looking = Looking {
            slowest,
            wish: &wish,
        };
        let mut looked = job::inspected(&mut task, &prepared, looking)?.into_iter();
        let mut seen = Vec::new();
        for request in wanted {
            let today = looked.next();
            let upgraded = elsewhere.and_then(|_| looked.next());
            let Some(today) = today.filter(|_| !self.workshop.aborted()) else {
                break;
            };
            let today = today.map_err(|failure| self.refused(&request.name, &failure))?;
            let today = self.hidden_in(today);
            self.refuse_failing(&request.name, &today.first)?;
            refusal::refuse_slow(&request.name, today.first.wall, slowest)?;
            self.tell(&request.name, &today)?;
            seen.push(Seen {
                request: Workload {
                    status: today.first.answer.status,
                    ..request.clone()
                },
                today,
                upgraded,
            });
        }
        if !self.workshop.aborted() {
            let layers = seen.iter().map(|one| one.today.layers.as_slice());
            self.wishes.refuse_unknown(layers)?;
        }
        Ok(seen)
    }

    /// What was seen of one request.
    fn tell(&self, request: &str, looked: &Inspected) -> anyhow::Result<()> {
        let answer = &looked.first.answer;
        self.printer.talk(format!(
            "{request}: status {}, {} bytes, {} layers",
            answer.status,
            answer.body.len(),
            looked.layers.len()
        ));
        if answer.status >= CLIENT_ERROR {
            self.printer.warning(format!(
                "{request} is answered with status {}: is it the request that you mean?",
                answer.status
            ));
        }
        if let Some(problem) = &looked.problem {
            self.printer.warning(format!(
                "{request}: layers further inside were not found: {problem}"
            ));
        }
        match &looked.changed {
            Some((_, Removal::NoAnswer { message })) => {
                bail!("{request} {}: {message}", self.wishes.words())
            }
            Some((_, Removal::OtherStatus { status })) => self.printer.warning(format!(
                "{request} {} is answered with status {status}: that is not measured",
                self.wishes.words()
            )),
            _ => {}
        }
        Ok(())
    }

    /// What fails is not sent again and again: it is told where.
    fn refuse_failing(&self, request: &str, first: &FirstAnswer) -> anyhow::Result<()> {
        if first.answer.status < SERVER_ERROR {
            return Ok(());
        }
        let status = first.answer.status;
        let message = format!("the application fails: it answers with status {status}");
        let failure = Failure::new(Stage::Verify, "app-raised", message);
        Err(self.refused(request, &failure.with_log(first.raised.clone())))
    }

    /// Measures what was seen; `None` where it was stopped before there was anything.
    fn measured(&self, seen: &[Seen]) -> anyhow::Result<Option<AuditReport>> {
        let requests: Vec<Workload> = seen.iter().map(|one| one.request.clone()).collect();
        let plan = self.draft.to_measure(seen);
        let scratch = tempfile::tempdir()?;
        // The record and what the application writes may hold secrets: only reports are kept.
        let order = Order {
            out: Some(scratch.path().join("audit")),
            ..self.order(plan, &requests)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let asked: Vec<Asked> = seen
            .iter()
            .map(|seen| self.asked(&task.plan, seen))
            .collect();
        let pairs = judging::pairs(&asked);
        let judge = Arc::new(Layers {
            settings: task.plan.settings.clone(),
            pairs: pairs.clone(),
        });
        let together = |stations: Vec<Station>| side_by_side(stations, &pairs);
        let printer = self.printer.muted();
        let measured = job::measure(&mut task, &prepared, &together, judge, printer)?;
        let report = self.hidden(self::judge(&measured.run, &self.args.app, &asked));
        if measured.interrupted && !report.requests.iter().any(has_number) {
            return Ok(None);
        }
        if let Some(out) = &self.args.out {
            write(&Folder::for_reports(out)?, &report)?;
        }
        Ok(Some(report))
    }

    fn order(&self, plan: Plan, requests: &[Workload]) -> anyhow::Result<Order> {
        let mut shelf: Shelf = catalogue::shelf(SUITE)?;
        self.draft.shelve(&mut shelf, requests);
        Ok(Order {
            plan,
            suite: SUITE.to_owned(),
            shelf,
            question: Question::default(),
            out: None,
            seed: self.args.seed,
        })
    }

    fn prepared(&self, order: Order) -> anyhow::Result<(Task, Prepared)> {
        let task = Task::new(order)?;
        let environment = |series: &SeriesPlan| match &self.upgraded {
            Some(other) if series.axes.get(axes::KIND) == UPGRADED => other.environment.clone(),
            _ => self.project.environment.clone(),
        };
        let environments = task.plan.series.iter().map(environment).collect();
        let home = self.project.home.clone();
        let prepared = Prepared::for_project(self.workshop, environments, home);
        Ok((task, prepared))
    }

    /// Why an application cannot be measured.
    fn refused(&self, request: &str, failure: &Failure) -> anyhow::Error {
        refusal::refused(request, &self.project.secrets.hidden_in(failure))
    }

    /// What a first look saw, without secrets in what applications said.
    fn hidden_in(&self, looked: Inspected) -> Inspected {
        let secrets = &self.project.secrets;
        let hide = |removal: Removal| match removal {
            Removal::NoAnswer { message } => Removal::NoAnswer {
                message: secrets.masked(&message),
            },
            other => other,
        };
        Inspected {
            removals: looked.removals.into_iter().map(hide).collect(),
            problem: looked.problem.map(|problem| secrets.masked(&problem)),
            ..looked
        }
    }

    fn hidden(&self, mut report: AuditReport) -> AuditReport {
        let secrets = &self.project.secrets;
        for request in &mut report.requests {
            let of_load = request.load.as_mut().map(|load| &mut load.error);
            let of_layers = request.layers.iter_mut().map(|layer| &mut layer.error);
            let errors = std::iter::once(&mut request.error).chain(of_load);
            for error in errors.chain(of_layers).flatten() {
                *error = secrets.hidden_in(error);
            }
        }
        report
    }
}
