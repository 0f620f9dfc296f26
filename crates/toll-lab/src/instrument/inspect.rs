//! A first look at somebody's own application: a few requests, its layers, what each does, and what it
//! answers without each of them and after the change that was asked for.

use std::time::Duration;

use toll_core::audit::{Behaviour, CHANGED, Change, Layer, Removal, WHOLE, cell_of};
use toll_core::failure::Failure;
use toll_core::verify::Answer;

use crate::bench::{Bench, Station};
use crate::driving::{Answered, Cell, FirstAnswer, Found, Manner, Nursery};

/// Statuses from here on say that the application has failed.
pub const SERVER_ERROR: u16 = 500;

/// What is to be changed, once the layers are known; `None` where none of them is meant.
pub type Wish<'a> = &'a dyn Fn(&[Layer]) -> Result<Option<Change>, Failure>;

/// How a first look is taken.
#[derive(Clone, Copy)]
pub struct Looking<'a> {
    /// What takes longer than this is not asked again.
    pub slowest: Duration,
    /// What is to be changed.
    pub wish: Wish<'a>,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// What it said to the first request.
    pub first: FirstAnswer,
    /// Its layers, outermost first.
    pub layers: Vec<Layer>,
    /// Why the search for them ended early, if it did.
    pub problem: Option<String>,
    /// What became of each when it was taken out.
    pub removals: Vec<Removal>,
    /// What each does with the request; nothing where that could not be seen.
    pub behaviour: Vec<Option<Behaviour>>,
    /// What is to be changed, and what the application answers then.
    pub changed: Option<(Change, Removal)>,
}

/// Starts the application once and looks at it. Where the first request fails or takes longer than is
/// allowed, no other is made.
///
/// # Errors
/// It cannot be imported, built or started, or it does not answer; or what is to be changed is not there.
pub fn inspect(
    bench: &Bench,
    station: &Station,
    looking: Looking<'_>,
) -> Result<Inspected, Failure> {
    let hash_seed = (bench.seed as u32).max(1);
    let mut nursery = Nursery::start(bench, station, hash_seed, "inspect", None)?;
    let mut cell = nursery.cell(WHOLE, Manner::PLAIN)?;
    cell.begin()?;
    let first = cell.any_answer()?;
    let found = cell.layers()?;
    if first.answer.status >= SERVER_ERROR || first.wall > looking.slowest {
        cell.stop();
        return Ok(Inspected {
            first,
            layers: Vec::new(),
            problem: None,
            removals: Vec::new(),
            behaviour: Vec::new(),
            changed: None,
        });
    }
    let change = (looking.wish)(&found.layers)?;
    let mut running = Some(cell);
    if !found.switchable {
        running.take().into_iter().for_each(Cell::stop);
    }
    let mut trial = Trial {
        nursery,
        cell: running,
        answer: &first.answer,
    };
    let removals = trial.removals(&found);
    let changed = change.map(|change| {
        let answered = trial.of(CHANGED, &change);
        (change, answered)
    });
    trial.cell.take().into_iter().for_each(Cell::stop);
    let behaviour = behaviour(&mut trial.nursery).unwrap_or_default();
    Ok(Inspected {
        layers: found.layers,
        problem: found.problem,
        removals,
        behaviour,
        changed,
        first,
    })
}

/// Where changes are tried.
struct Trial<'a, 'f> {
    nursery: Nursery<'a>,
    /// The running application, where it can be changed while it runs.
    cell: Option<Cell<'a>>,
    /// What it answers unchanged.
    answer: &'f Answer,
}

impl Trial<'_, '_> {
    fn removals(&mut self, found: &Found) -> Vec<Removal> {
        let layers = found.layers.iter().enumerate();
        layers
            .map(|(place, layer)| {
                if layer.removable {
                    return self.of(cell_of(place), &Change::without(vec![place]));
                }
                Removal::Never {
                    reason: layer.why_not.clone().unwrap_or_default(),
                }
            })
            .collect()
    }

    /// What becomes of the application. One that does not outlive a change is started anew for each
    /// further one.
    fn of(&mut self, variant: u32, change: &Change) -> Removal {
        let running = self.cell.as_mut().map(|cell| cell.variant(variant, change));
        match running {
            Some(Ok(answered)) => return seen(&answered, self.answer),
            Some(Err(_)) => self.cell = None,
            None => {}
        }
        self.alone(variant, change).unwrap_or_else(|failure| {
            let message = failure.message;
            Removal::NoAnswer { message }
        })
    }

    /// What a process of its own, that was never otherwise, answers.
    fn alone(&mut self, variant: u32, change: &Change) -> Result<Removal, Failure> {
        let mut cell = self.nursery.changed(variant, change, Manner::PLAIN)?;
        cell.begin()?;
        let answer = cell.any_answer()?.answer;
        cell.stop();
        let answered = Answered {
            answered: true,
            status: answer.status,
            body_bytes: answer.body.len() as u64,
            message: String::new(),
        };
        Ok(seen(&answered, self.answer))
    }
}

/// What the layers do in a process that writes it down. Nothing is measured by it, so nothing is lost
/// where it fails.
fn behaviour(nursery: &mut Nursery<'_>) -> Result<Vec<Option<Behaviour>>, Failure> {
    let manner = Manner {
        behaviour: true,
        ..Manner::PLAIN
    };
    let mut cell = nursery.changed(WHOLE, &Change::default(), manner)?;
    cell.begin()?;
    cell.any_answer()?;
    let seen = cell.behaviour()?;
    cell.stop();
    Ok(seen)
}

fn seen(without: &Answered, answer: &Answer) -> Removal {
    if !without.answered {
        return Removal::NoAnswer {
            message: without.message.clone(),
        };
    }
    let today = (answer.status, answer.body.len() as u64);
    Removal::between(today, (without.status, without.body_bytes))
}
