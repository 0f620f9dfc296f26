//! `asgi-toll app`: what does each middleware of *your* application cost?

mod plan;
mod project;
mod requests;
mod secrets;
mod upgrade;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use toll_analysis::Precision;
use toll_analysis::audit::results::AuditReport;
use toll_analysis::audit::{Asked, Place, Supposed, judge, precision};
use toll_core::audit::{Layer, Removal};
use toll_core::axes;
use toll_core::failure::{Failure, Stage};
use toll_core::plan::SeriesPlan;
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_core::workload::Workload;
use toll_lab::bench::{Comparison, Station};
use toll_lab::driving::FirstAnswer;
use toll_lab::instrument::{Inspected, Looking, SERVER_ERROR};
use toll_report::audit::{FORMATS, render_audit};
use toll_store::{Store, StoreError};

use crate::catalogue::{self, Shelf};
use crate::cli::{AppArgs, Global};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::job::{self, Judge, Order, Prepared, Question, Task, Workshop};
use crate::printer::Printer;
use crate::settings;

use plan::{Draft, Places, Seen, UPGRADED, VARIANTS};
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
    Ok(exit_of(&report, &args.fail_on))
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
            refuse_slow(&request.name, today.first.wall, slowest)?;
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
        let (plan, places) = self.draft.to_measure(seen);
        let scratch = tempfile::tempdir()?;
        // The record and what the application writes may hold secrets: only reports are kept.
        let order = Order {
            out: Some(scratch.path().join("audit")),
            ..self.order(plan, &requests)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let judge = Arc::new(Layers {
            settings: task.plan.settings.clone(),
            places: places.clone(),
        });
        let together = |stations: Vec<Station>| side_by_side(stations, &places);
        let printer = self.printer.muted();
        let measured = job::measure(&mut task, &prepared, &together, judge, printer)?;
        let asked = seen.iter().zip(&places);
        let asked: Vec<Asked> = asked
            .map(|(seen, places)| self.asked(seen, *places))
            .collect();
        let report = self.hidden(self::judge(&measured.run, &self.args.app, &asked));
        let has_number = |request: &toll_analysis::audit::results::RequestAudit| {
            request.whole.is_some() || request.layers.iter().any(|layer| !layer.counts.is_empty())
        };
        if measured.interrupted && !report.requests.iter().any(has_number) {
            return Ok(None);
        }
        if let Some(out) = &self.args.out {
            write(&Folder::for_reports(out)?, &report)?;
        }
        Ok(Some(report))
    }

    /// What was asked and seen.
    fn asked(&self, seen: &Seen, places: Places) -> Asked {
        Asked {
            request: seen.request.name.clone(),
            status: seen.today.first.answer.status,
            body_bytes: seen.today.first.answer.body.len() as u64,
            layers: seen.today.layers.clone(),
            removals: seen.today.removals.clone(),
            behaviour: seen.today.behaviour.clone(),
            supposed: self.supposed(seen, places),
            variants: places.variants,
            borders: places.borders,
        }
    }

    /// What is compared with the application as it is.
    fn supposed(&self, seen: &Seen, places: Places) -> Option<Supposed> {
        if let Some((_, answer)) = &seen.today.changed {
            return Some(Supposed {
                change: self.wishes.words(),
                answer: answer.clone(),
                at: Place::Cell,
                notes: Vec::new(),
            });
        }
        let elsewhere = self.upgraded.as_ref()?;
        let hide = |message: &str| self.project.secrets.masked(message);
        let answer = match seen.upgraded.as_ref()? {
            Err(failure) => Removal::NoAnswer {
                message: hide(&failure.message),
            },
            Ok(looked) => {
                let (then, now) = (&seen.today.first.answer, &looked.first.answer);
                match now.status {
                    status if status != then.status => Removal::OtherStatus { status },
                    _ if now.body.len() != then.body.len() => Removal::OtherBody,
                    _ => Removal::Same,
                }
            }
        };
        let at = match (places.upgraded, seen.comparable()) {
            (Some(series), Some(looked)) => Place::Series {
                series,
                layers: looked.layers.clone(),
            },
            _ => Place::Cell,
        };
        Some(Supposed {
            change: elsewhere.words.clone(),
            answer,
            at,
            notes: elsewhere.environment.notes.clone(),
        })
    }

    fn order(&self, plan: toll_core::plan::Plan, requests: &[Workload]) -> anyhow::Result<Order> {
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

    /// Why an application cannot be measured, with its last lines and what to try.
    fn refused(&self, request: &str, failure: &Failure) -> anyhow::Error {
        let failure = self.project.secrets.hidden_in(failure);
        let mut lines = vec![format!("{request}: {}", failure.message)];
        lines.extend(failure.log_tail.iter().map(|line| format!("    {line}")));
        lines.extend(advice(&failure).map(|advice| format!("  try: {advice}")));
        anyhow!("{}", lines.join("\n"))
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
        for request in &mut report.requests {
            let error = request.error.take();
            request.error = error.map(|error| self.project.secrets.hidden_in(&error));
        }
        report
    }
}

/// What takes long is not sent again and again.
fn refuse_slow(request: &str, took: Duration, slowest: Duration) -> anyhow::Result<()> {
    if took <= slowest {
        return Ok(());
    }
    bail!(
        "{request} takes {:.1} s: it is not sent again and again. Take another request, or allow it with --slowest {}s",
        took.as_secs_f64(),
        took.as_secs() + 1
    )
}

/// What to try, by what went wrong.
fn advice(failure: &Failure) -> Option<&'static str> {
    Some(match failure.code.as_str() {
        "app-not-found" => {
            "run it in the project's folder, or say where it lies with --app-dir; the part before the colon is a module, such as `package.main:app`"
        }
        "app-attribute" => {
            "write `module:attribute`, with the name that your server is started with"
        }
        "app-import" => {
            "look whether `python -c 'import …'` works in the same environment; another one is named with --python"
        }
        "app-needs-variable" => "give it its variables with --env-file, or export them",
        "app-not-asgi" => {
            "name the application itself, or add --factory for a function that makes it"
        }
        "lifespan-failed" => {
            "start what it needs (its database, its variables), or go without with --lifespan off"
        }
        "app-exited" => {
            "the module ends or replaces the process when it is imported: put what starts a server under `if __name__ == \"__main__\":`"
        }
        "timed-out" | "driver-not-started" => {
            "what it waits for stands in the lines above; a server that is started at import belongs under `if __name__ == \"__main__\":`"
        }
        "app-raised" => "send a request that the application answers: --request, --header, --body",
        _ => return None,
    })
}

/// Enough is when every layer is known well enough, and what was asked about is decided.
struct Layers {
    settings: Settings,
    places: Vec<Places>,
}

impl Judge for Layers {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let mut places = self.places.iter();
        let of_request = places.find(|places| places.variants == series);
        let beside = of_request.and_then(|places| places.upgraded);
        let beside = beside.map(|place| store.load_series(place)).transpose()?;
        let series = store.load_series(series)?;
        Ok(precision(
            &series,
            beside.as_ref(),
            instrument,
            &self.settings,
        ))
    }
}

/// The variants of a request in both environments share their blocks; all else stands alone.
fn side_by_side(stations: Vec<Station>, places: &[Places]) -> Vec<Comparison> {
    let today_of = |series: usize| {
        let of_request = places.iter().find(|places| places.upgraded == Some(series));
        of_request.map(|places| places.variants)
    };
    let (upgraded, today): (Vec<Station>, Vec<Station>) = stations
        .into_iter()
        .partition(|station| today_of(station.series).is_some());
    let mut comparisons: Vec<Comparison> = today.into_iter().map(Comparison::from).collect();
    for station in upgraded {
        let beside = today_of(station.series);
        let comparison = comparisons
            .iter_mut()
            .find(|comparison| Some(comparison.first().series) == beside);
        if let Some(comparison) = comparison {
            comparison.stations.push(station);
            comparison.essential = comparison.stations.len();
        }
    }
    comparisons
}

fn write(folder: &Folder, report: &AuditReport) -> anyhow::Result<()> {
    for format in FORMATS {
        folder.keep(format.file_name, &(format.render)(report)?)?;
    }
    Ok(())
}

fn show(report: &AuditReport, args: &AppArgs, printer: Printer) -> anyhow::Result<()> {
    if printer.json {
        printer.json(report)?;
    } else {
        printer.data(&render_audit(report, &printer.style()))?;
    }
    match &args.out {
        Some(out) => printer.talk(format!("Results: {}", out.display())),
        None => {
            printer.talk("Nothing was kept; --out DIR keeps the report as HTML, Markdown and JSON");
        }
    }
    if report.interrupted {
        printer.talk("Interrupted: what was measured until then is shown");
    }
    Ok(())
}

/// Whether what was asked about might be there and could not be seen.
fn is_undecided(report: &AuditReport, fail_on: &[String]) -> bool {
    let asked = |codes: &[&str]| fail_on.iter().any(|code| codes.contains(&code.as_str()));
    let mut layers = report
        .requests
        .iter()
        .flat_map(|request| &request.layers)
        .filter(|layer| layer.removal.is_possible());
    let by_counts = asked(&["task-per-layer", "thread-hop"]);
    let by_time = asked(&["expensive-layer"]);
    layers.any(|layer| {
        let is_timed = layer.toll.as_ref().is_some_and(|toll| toll.low.is_some());
        (by_counts && layer.counts.is_empty()) || (by_time && !is_timed)
    })
}

fn exit_of(report: &AuditReport, fail_on: &[String]) -> Exit {
    if report.interrupted {
        return Exit::Interrupted;
    }
    let of_layers = report
        .requests
        .iter()
        .flat_map(|request| &request.layers)
        .flat_map(|layer| &layer.findings);
    let of_stacks = report.requests.iter().flat_map(|request| &request.findings);
    let mut found = of_layers.chain(of_stacks);
    if found.any(|finding| fail_on.contains(&finding.code)) {
        return Exit::Objection;
    }
    if is_undecided(report, fail_on) {
        return Exit::Inconclusive;
    }
    let failed = report
        .requests
        .iter()
        .filter(|request| request.whole.is_none())
        .count();
    let lacks = |request: &toll_analysis::audit::results::RequestAudit| {
        request.layers.iter().any(|layer| layer.error.is_some())
    };
    match failed {
        0 if report.requests.iter().any(lacks) => Exit::SomeFailed,
        0 => Exit::Done,
        all if all == report.requests.len() => Exit::NothingMeasured,
        _ => Exit::SomeFailed,
    }
}
