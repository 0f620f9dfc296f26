//! Removing containers whose run is gone.

use toll_engine::{Engine, EngineError};

use super::labels::RUN;
use super::owner::Owner;

/// Removes what runs left that have ended in any way; says how many containers that were.
///
/// # Errors
/// The engine does not answer.
pub fn sweep(engine: &Engine) -> Result<usize, EngineError> {
    remove(engine, RUN, |label| {
        Owner::parse(label).is_none_or(|owner| owner.is_gone())
    })
}

/// Removes the containers of one run, which must not go on.
///
/// # Errors
/// The engine does not answer.
pub fn remove_of(engine: &Engine, owner: &str) -> Result<usize, EngineError> {
    remove(engine, &format!("{RUN}={owner}"), |_| true)
}

fn remove(
    engine: &Engine,
    filter: &str,
    is_left: impl Fn(&str) -> bool,
) -> Result<usize, EngineError> {
    let mut removed = 0;
    for (id, labels) in engine.containers_labelled(filter)? {
        if labels.get(RUN).is_some_and(|label| is_left(label)) {
            engine.remove_container(&id)?;
            removed += 1;
        }
    }
    Ok(removed)
}
