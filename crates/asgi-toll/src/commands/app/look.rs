//! A first look at the application, before anything is repeated.

use std::time::Duration;

use anyhow::bail;
use toll_core::audit::{Layer, Removal};
use toll_core::failure::{Failure, Stage};
use toll_core::workload::Workload;
use toll_lab::driving::FirstAnswer;
use toll_lab::instrument::{Inspected, Looking, SERVER_ERROR};

use super::plan::{Seen, UPGRADED, VARIANTS};
use super::{Audit, refusal};
use crate::job::{self, Order};

/// Statuses from here on say that the request is at fault.
const CLIENT_ERROR: u16 = 400;

impl Audit<'_> {
    /// A first look with a few requests, before any is repeated.
    pub(super) fn inspected(
        &self,
        wanted: &[Workload],
        slowest: Duration,
    ) -> anyhow::Result<Vec<Seen>> {
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
                upgraded: upgraded.map(|looked| quick_enough(looked, slowest)),
            });
        }
        if !self.workshop.aborted() {
            let layers = seen.iter().map(|one| one.today.layers.as_slice());
            self.wishes.refuse_unknown(layers)?;
            let is_found = seen.iter().any(|one| one.today.changed.is_some());
            if !self.wishes.is_empty() && !is_found {
                bail!(
                    "{}: no request goes through all of these layers",
                    self.wishes.words()
                );
            }
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
            changed: looked
                .changed
                .map(|(change, answer)| (change, hide(answer))),
            ..looked
        }
    }
}

/// What takes long in another environment is not measured there.
fn quick_enough(
    looked: Result<Inspected, Failure>,
    slowest: Duration,
) -> Result<Inspected, Failure> {
    let looked = looked?;
    let took = looked.first.wall;
    if took <= slowest {
        return Ok(looked);
    }
    let message = format!(
        "it takes {:.1} s, longer than --slowest allows",
        took.as_secs_f64()
    );
    Err(Failure::new(Stage::Verify, "slow", message))
}
