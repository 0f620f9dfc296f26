//! Child processes of provisioning: their environment variables, and running them to the end.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::context::Context;
use crate::process::{Finished, Limits, RunError, run};

/// What in the user's shell would change which environment is built, or leave it without bytecode.
const REMOVED: [&str; 24] = [
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_TARGET",
    "PIP_USER",
    "UV_COMPILE_BYTECODE",
    "UV_CONSTRAINT",
    "UV_EXCLUDE_NEWER",
    "UV_LINK_MODE",
    "UV_NO_BINARY",
    "UV_NO_BUILD",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_PYTHON_PREFERENCE",
    "UV_RESOLUTION",
    "UV_SYSTEM_PYTHON",
    "UV_VENV_SEED",
];

/// A command that runs in the root folder, so that no project's settings are picked up from the
/// folder the user is in, and that sees the user's variables without those in [`REMOVED`].
pub(super) fn command(context: &Context, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    for name in REMOVED {
        command.env_remove(name);
    }
    command
        .env("NO_COLOR", "1")
        .env("UV_NO_PROGRESS", "1")
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    if let Some(index) = index_of_pip(context) {
        command.env("UV_DEFAULT_INDEX", index);
    }
    command.envs(context.env.iter().map(|(name, value)| (name, value)));
    command
}

/// uv does not read pip's index; whoever set one wants it used.
fn index_of_pip(context: &Context) -> Option<OsString> {
    let for_uv = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"];
    let is_set = for_uv.iter().any(|name| context.variable(name).is_some());
    if is_set {
        None
    } else {
        context.variable("PIP_INDEX_URL")
    }
}

/// Runs a command to its end.
pub(super) fn finish(
    context: &Context,
    command: Command,
    timeout: Duration,
) -> Result<Finished, RunError> {
    run(
        command,
        &Limits {
            timeout,
            abort: context.abort.clone(),
        },
    )
}

/// The file's path as an argument.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
