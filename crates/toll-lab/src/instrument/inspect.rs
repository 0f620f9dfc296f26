//! A first look at somebody's own application: a few requests, its layers, and what it answers without
//! each of them.

use std::time::Duration;

use toll_core::audit::{Layer, Removal, WHOLE, cell_of};
use toll_core::failure::Failure;
use toll_core::verify::Answer;

use crate::bench::{Bench, Station};
use crate::driving::{Answered, FirstAnswer, Manner, Nursery};

/// Statuses from here on say that the application has failed.
pub const SERVER_ERROR: u16 = 500;

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
}

/// Starts the application once and looks at it. Where the first request fails or takes longer than
/// `slowest`, no other is made.
///
/// # Errors
/// It cannot be imported, built or started, or it does not answer.
pub fn inspect(bench: &Bench, station: &Station, slowest: Duration) -> Result<Inspected, Failure> {
    let hash_seed = (bench.seed as u32).max(1);
    let mut nursery = Nursery::start(bench, station, hash_seed, "inspect", None)?;
    let mut cell = nursery.cell(WHOLE, Manner::PLAIN)?;
    cell.begin()?;
    let first = cell.any_answer()?;
    let found = cell.layers()?;
    if first.answer.status >= SERVER_ERROR || first.wall > slowest {
        return Ok(Inspected {
            first,
            layers: Vec::new(),
            problem: None,
            removals: Vec::new(),
        });
    }
    let mut removals = Vec::new();
    for (place, layer) in found.layers.iter().enumerate() {
        let removal = if !layer.removable {
            Removal::Never {
                reason: layer.why_not.clone().unwrap_or_default(),
            }
        } else if found.switchable {
            seen(&cell.variant(cell_of(place), &[place])?, &first.answer)
        } else {
            alone(&mut nursery, place, &first.answer)
        };
        removals.push(removal);
    }
    cell.stop();
    Ok(Inspected {
        first,
        layers: found.layers,
        problem: found.problem,
        removals,
    })
}

/// What a process of its own, that never had the layer, answers.
fn alone(nursery: &mut Nursery<'_>, place: usize, answer: &Answer) -> Removal {
    let mut ask = || {
        let mut cell = nursery.without(cell_of(place), vec![place], Manner::PLAIN)?;
        cell.begin()?;
        let first = cell.any_answer()?;
        cell.stop();
        Ok(first.answer)
    };
    let answered = match ask() {
        Ok(answer) => Answered {
            answered: true,
            status: answer.status,
            body_bytes: answer.body.len() as u64,
            message: String::new(),
        },
        Err(Failure { message, .. }) => Answered {
            answered: false,
            status: 0,
            body_bytes: 0,
            message,
        },
    };
    seen(&answered, answer)
}

fn seen(without: &Answered, answer: &Answer) -> Removal {
    match (without.answered, without.status) {
        (false, _) => Removal::NoAnswer {
            message: without.message.clone(),
        },
        (true, status) if status != answer.status => Removal::OtherStatus { status },
        (true, _) if without.body_bytes != answer.body.len() as u64 => Removal::OtherBody,
        (true, _) => Removal::Same,
    }
}
