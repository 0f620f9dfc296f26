//! `asgi-toll app`: what does each middleware of *your* application cost?

mod budget;
mod plan;
mod project;
mod requests;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use toll_analysis::Precision;
use toll_analysis::audit::results::AuditReport;
use toll_analysis::audit::{Asked, judge, precision};
use toll_core::audit::Removal;
use toll_core::budget::Budget;
use toll_core::failure::{Failure, Stage};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_core::workload::Workload;
use toll_lab::bench::{Comparison, Station};
use toll_lab::driving::FirstAnswer;
use toll_lab::instrument::{Inspected, SERVER_ERROR};
use toll_report::audit::{FORMATS, render_audit};
use toll_store::{Store, StoreError};

use crate::catalogue::{self, Shelf};
use crate::cli::{AppArgs, Global};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::job::{self, Judge, Order, Prepared, Question, Task, Workshop};
use crate::printer::Printer;
use crate::settings;

use budget::Guard;
use plan::Draft;
use project::Project;

/// The name under which the catalogue is opened; there is no suite.
const SUITE: &str = "./command-line.toml";

/// Statuses from here on say that the request is at fault.
const CLIENT_ERROR: u16 = 400;

pub(crate) fn run(args: &AppArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let wanted = requests::requests(args)?;
    let slowest = settings::duration(&args.slowest)?;
    let guard = Guard::of(args)?;
    let time = settings::duration(guard.time(args))?;
    let workshop = Workshop::open(global, None, printer.hushed())?;
    let project = Project::open(args, &workshop)?;
    printer.talk(format!(
        "Python {} by {}: {}",
        project.environment.python_version,
        project.found_by,
        settings::without_home(&project.environment.python.display().to_string())
    ));
    let event_loop = project.event_loop(args.event_loop.as_deref())?;
    let audit = Audit {
        args,
        workshop: &workshop,
        project: &project,
        guard: &guard,
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
    let Some((report, saved)) = audit.measured(&seen)? else {
        printer.talk("Interrupted before anything was measured");
        return Ok(Exit::Interrupted);
    };
    show(&report, args, printer)?;
    guard.tell_unsent(&report, printer);
    let is_saved = guard.save(saved, printer)?;
    Ok(match exit_of(&report, &args.fail_on) {
        Exit::Done if !is_saved => Exit::SomeFailed,
        exit => exit,
    })
}

/// What came of an audit, and the budget that is to be saved, or why none is.
type Told = (AuditReport, Option<Result<Budget, String>>);

/// What an audit is made with.
struct Audit<'a> {
    args: &'a AppArgs,
    workshop: &'a Workshop,
    project: &'a Project,
    guard: &'a Guard,
    printer: Printer,
    draft: Draft<'a>,
}

impl Audit<'_> {
    /// A first look with a few requests, before any is repeated.
    fn inspected(
        &self,
        wanted: &[Workload],
        slowest: Duration,
    ) -> anyhow::Result<Vec<(Workload, Inspected)>> {
        let scratch = tempfile::tempdir()?;
        let plan = self.draft.to_inspect(wanted);
        let order = Order {
            out: Some(scratch.path().join("inspect")),
            ..self.order(plan, wanted)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let looked = job::inspected(&mut task, &prepared, slowest)?;
        let mut seen = Vec::new();
        for (request, looked) in wanted.iter().zip(looked) {
            if self.workshop.aborted() {
                break;
            }
            let looked = looked.map_err(|failure| self.refused(&request.name, &failure))?;
            let looked = self.hidden_in(looked);
            self.refuse_failing(&request.name, &looked.first)?;
            refuse_slow(&request.name, looked.first.wall, slowest)?;
            let answer = &looked.first.answer;
            self.printer.talk(format!(
                "{}: status {}, {} bytes, {} layers",
                request.name,
                answer.status,
                answer.body.len(),
                looked.layers.len()
            ));
            if answer.status >= CLIENT_ERROR {
                self.printer.warning(format!(
                    "{} is answered with status {}: is it the request that you mean?",
                    request.name, answer.status
                ));
            }
            if let Some(problem) = &looked.problem {
                self.printer.warning(format!(
                    "{}: layers further inside were not found: {problem}",
                    request.name
                ));
            }
            let request = Workload {
                status: answer.status,
                ..request.clone()
            };
            seen.push((request, looked));
        }
        Ok(seen)
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

    /// Measures what was seen, and says what is to be saved of it; `None` where it was stopped before there
    /// was anything.
    fn measured(&self, seen: &[(Workload, Inspected)]) -> anyhow::Result<Option<Told>> {
        let requests: Vec<Workload> = seen.iter().map(|(request, _)| request.clone()).collect();
        let both = seen.iter().map(|(request, looked)| (request, looked));
        let mut plan = self.draft.to_measure(both);
        self.guard.measure_more(&mut plan.settings);
        let scratch = tempfile::tempdir()?;
        // The record and what the application writes may hold secrets: only reports are kept.
        let order = Order {
            out: Some(scratch.path().join("audit")),
            ..self.order(plan, &requests)?
        };
        let (mut task, prepared) = self.prepared(order)?;
        let asked: Vec<Asked> = seen.iter().enumerate().map(asked).collect();
        let conditions = budget::conditions(self.project, self.draft.event_loop, prepared.host());
        let against = self.guard.against(&conditions);
        let settings = task.plan.settings.clone();
        let guarding = self.guard.judge(&asked, against.as_ref(), &settings);
        let judge = guarding.unwrap_or_else(|| Arc::new(Layers(settings)));
        let apart = |stations: Vec<Station>| stations.into_iter().map(Comparison::from).collect();
        let printer = self.printer.muted();
        let measured = job::measure(&mut task, &prepared, &apart, judge, printer)?;
        let mut report = self.hidden(self::judge(&measured.run, &self.args.app, &asked));
        if let Some(against) = &against {
            toll_analysis::audit::budget::judge(&measured.run, &asked, &mut report, against);
        }
        let has_number = |request: &toll_analysis::audit::results::RequestAudit| {
            request.whole.is_some() || request.layers.iter().any(|layer| !layer.counts.is_empty())
        };
        if measured.interrupted && !report.requests.iter().any(has_number) {
            return Ok(None);
        }
        if let Some(out) = &self.args.out {
            write(&Folder::for_reports(out)?, &report)?;
        }
        let saved = self
            .guard
            .to_save(&measured.run, (&asked, &report), &conditions);
        Ok(Some((report, saved)))
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
        let (environment, home) = (&self.project.environment, self.project.home.clone());
        let prepared = Prepared::for_project(&task, self.workshop, environment, home);
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

/// Enough is when every layer is known well enough.
struct Layers(Settings);

impl Judge for Layers {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        Ok(precision(&store.load_series(series)?, instrument, &self.0))
    }
}

/// What was asked and seen; its series stand in pairs.
fn asked((number, (request, seen)): (usize, &(Workload, Inspected))) -> Asked {
    Asked {
        request: request.name.clone(),
        status: seen.first.answer.status,
        body_bytes: seen.first.answer.body.len() as u64,
        layers: seen.layers.clone(),
        removals: seen.removals.clone(),
        variants: 2 * number,
        borders: 2 * number + 1,
    }
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
    if let Some(exit) = budget::exit_of(report, fail_on) {
        return exit;
    }
    if is_undecided(report, fail_on) {
        return Exit::Inconclusive;
    }
    let failed = report
        .requests
        .iter()
        .filter(|request| request.whole.is_none())
        .count();
    match failed {
        0 => Exit::Done,
        all if all == report.requests.len() => Exit::NothingMeasured,
        _ => Exit::SomeFailed,
    }
}
