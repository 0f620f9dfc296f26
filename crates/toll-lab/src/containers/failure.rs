//! What an engine says, as a failure with a stable code.

use toll_core::failure::{Failure, Stage};
use toll_engine::EngineError;

/// The failure of a series whose image or container cannot be had.
pub(crate) fn engine_failed(error: EngineError) -> Failure {
    let code = match &error {
        EngineError::Endpoint(_) | EngineError::NoEngine { .. } => "no-engine",
        EngineError::NoPermission { .. } => "no-permission",
        EngineError::Gone(_) => "engine-gone",
        EngineError::DiskFull(_) => "disk-full",
        EngineError::NoImage { .. } => "base-image-missing",
        EngineError::Build { .. } => "image-not-built",
        EngineError::Refused { .. } => "engine-refused",
        EngineError::Interrupted => "interrupted",
        EngineError::Here(_) => "engine-failed",
    };
    let message = match &error {
        EngineError::NoImage { .. } => format!(
            "{error}; pull it with `docker pull`, or name another with base-image in the suite"
        ),
        _ => error.to_string(),
    };
    let lines = match error {
        EngineError::Build { lines, .. } => lines,
        _ => Vec::new(),
    };
    Failure::new(Stage::Provision, code, message).with_log(lines)
}
