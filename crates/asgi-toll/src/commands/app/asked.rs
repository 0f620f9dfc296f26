//! What was asked and seen, as the analysis takes it.

use toll_analysis::audit::{Asked, Place, Supposed};
use toll_core::audit::Removal;
use toll_core::plan::Plan;
use toll_core::verify::Answer;

use super::Audit;
use super::plan::{self, Seen};

impl Audit<'_> {
    /// What was asked and seen, and where in the plan it is measured.
    pub(super) fn asked(&self, plan: &Plan, seen: &Seen) -> Asked {
        let place_of = |kind| plan::place_of(plan, &seen.request.name, kind);
        let today = &seen.today;
        Asked {
            request: seen.request.name.clone(),
            status: today.first.answer.status,
            body_bytes: today.first.answer.body.len() as u64,
            layers: today.layers.clone(),
            removals: today.removals.clone(),
            behaviour: today.behaviour.clone(),
            supposed: self.supposed(seen, place_of(plan::UPGRADED)),
            variants: place_of(plan::VARIANTS),
            borders: place_of(plan::BORDERS),
            served: place_of(plan::SERVED),
        }
    }

    /// What is compared with the application as it is.
    fn supposed(&self, seen: &Seen, upgraded: Option<usize>) -> Option<Supposed> {
        if let Some((_, answer)) = &seen.today.changed {
            return Some(Supposed {
                change: self.wishes.words(),
                answer: answer.clone(),
                at: Place::Cell,
                notes: Vec::new(),
            });
        }
        let elsewhere = self.upgraded.as_ref()?;
        let answer = match seen.upgraded.as_ref()? {
            Err(failure) => Removal::NoAnswer {
                message: self.project.secrets.masked(&failure.message),
            },
            Ok(looked) => Removal::between(
                status_and_bytes(&seen.today.first.answer),
                status_and_bytes(&looked.first.answer),
            ),
        };
        let at = match (upgraded, seen.comparable()) {
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
            notes: elsewhere.notes.clone(),
        })
    }
}

fn status_and_bytes(answer: &Answer) -> (u16, u64) {
    (answer.status, answer.body.len() as u64)
}
