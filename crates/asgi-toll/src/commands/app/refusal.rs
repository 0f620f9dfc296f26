//! What is not measured, with what to try instead.

use std::time::Duration;

use anyhow::{anyhow, bail};
use toll_core::failure::Failure;

/// Why an application cannot be measured, with its last lines and what to try.
pub(super) fn refused(request: &str, failure: &Failure) -> anyhow::Error {
    let mut lines = vec![format!("{request}: {}", failure.message)];
    lines.extend(failure.log_tail.iter().map(|line| format!("    {line}")));
    lines.extend(advice(failure).map(|advice| format!("  try: {advice}")));
    anyhow!("{}", lines.join("\n"))
}

/// What takes long is not sent again and again.
pub(super) fn refuse_slow(request: &str, took: Duration, slowest: Duration) -> anyhow::Result<()> {
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
