//! What uv said, as a failure with a stable code.

use std::io;

use toll_core::failure::{Failure, Stage};

use crate::process::{Finished, RunError};

/// Lines of output kept with a failure.
const TAIL: usize = 20;

/// Signs of one kind of failure in uv's own lines, most telling kind first.
struct Sign {
    code: &'static str,
    phrases: &'static [&'static str],
    advice: &'static str,
}

const SIGNS: [Sign; 5] = [
    Sign {
        code: "disk-full",
        phrases: &[
            "no space left on device",
            "os error 28",
            "disk quota exceeded",
            "os error 122",
        ],
        advice: "free some space, or `asgi-toll cache clean`",
    },
    Sign {
        code: "index-unreachable",
        phrases: &[
            "error sending request",
            "failed to fetch",
            // Not "failed to download and build", which is the fault of what was built.
            "failed to download `",
            "request failed after",
            "dns error",
            "tcp connect error",
            "operation timed out",
            "network was disabled",
            "network connectivity is disabled",
            "could not connect",
        ],
        advice: "check the network, or set UV_DEFAULT_INDEX or HTTPS_PROXY",
    },
    Sign {
        code: "no-solution",
        phrases: &["no solution found"],
        advice: "",
    },
    Sign {
        code: "bad-requirement",
        phrases: &["couldn't parse requirement", "unsupported requirement"],
        advice: "correct it in the suite",
    },
    Sign {
        code: "install-failed",
        phrases: &["failed to build", "build backend", "failed to prepare"],
        advice: "its last lines say why; a release with a wheel for this Python installs without building",
    },
];

/// The failure of a uv command that ended with an error. `doing` says what for, as in "resolving".
pub(super) fn failed(doing: &str, finished: &Finished) -> Failure {
    let lines: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let own = own_lines(&lines);
    let own_text = own.join("\n").to_lowercase();
    let sign = SIGNS
        .iter()
        .find(|sign| sign.phrases.iter().any(|phrase| own_text.contains(phrase)));
    let (code, advice) = sign.map_or(("install-failed", ""), |sign| (sign.code, sign.advice));
    let mut message = format!("{doing} failed: {}", sentence(&own));
    if !advice.is_empty() {
        message = format!("{message}; {advice}");
    }
    let tail = lines[lines.len().saturating_sub(TAIL)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
    Failure::new(Stage::Provision, code, message).with_log(tail)
}

/// The failure of a command that did not come to its end.
pub(super) fn stopped(doing: &str, error: RunError) -> Failure {
    match error {
        RunError::Aborted => Failure::new(
            Stage::Provision,
            "interrupted",
            format!("{doing} was interrupted"),
        ),
        RunError::TimedOut { .. } => {
            Failure::new(Stage::Provision, "timed-out", format!("{doing}: {error}"))
        }
        RunError::NotFound { .. } => Failure::new(
            Stage::Provision,
            "uv-missing",
            format!("{doing}: {error}; was uv removed meanwhile?"),
        ),
        RunError::Io(error) => io_failed(doing, &error),
    }
}

/// The failure of our own work with files.
pub(super) fn io_failed(doing: &str, error: &io::Error) -> Failure {
    let (code, advice) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ("disk-full", "; free some space, or `asgi-toll cache clean`")
        }
        io::ErrorKind::Interrupted => ("interrupted", ""),
        io::ErrorKind::TimedOut => ("timed-out", ": another run of asgi-toll holds it"),
        _ => ("cache-io", "; choose another folder with --cache-dir"),
    };
    Failure::new(
        Stage::Provision,
        code,
        format!("{doing} failed: {error}{advice}"),
    )
}

/// Whether to ask once more on another Python is pointless: it is not the fault of what was asked for.
pub fn is_circumstance(failure: &Failure) -> bool {
    [
        "index-unreachable",
        "disk-full",
        "interrupted",
        "cache-io",
        "uv-missing",
    ]
    .contains(&failure.code.as_str())
}

/// uv's error and its causes in one line, without decoration.
fn sentence(own: &[&str]) -> String {
    let start = own.iter().position(|line| is_error(line)).unwrap_or(0);
    let mut parts: Vec<String> = Vec::new();
    for line in &own[start..] {
        let text = line
            .trim()
            .trim_start_matches(['×', '╰', '├', '│', '─', '▶', '·', ' ']);
        if text.starts_with("hint:") {
            break;
        }
        let opening = ["error:", "cause:", "Caused by:"]
            .into_iter()
            .find_map(|word| text.strip_prefix(word));
        match (opening, parts.last_mut()) {
            (None, Some(last)) if line.starts_with(' ') && !line.contains('▶') => {
                *last = format!("{last} {text}");
            }
            _ => parts.push(opening.unwrap_or(text).trim().to_owned()),
        }
    }
    let joined = parts.join(": ");
    joined.trim_end_matches('.').to_owned()
}

/// uv's lines without what it passes on of a build backend or compiler, which stands indented below
/// `[stdout]` and `[stderr]`.
fn own_lines<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut foreign = false;
    let mut own = Vec::new();
    for line in lines {
        foreign =
            matches!(line.trim(), "[stdout]" | "[stderr]") || (foreign && line.starts_with(' '));
        if !foreign {
            own.push(*line);
        }
    }
    own
}

fn is_error(line: &str) -> bool {
    line.starts_with("error:") || line.trim_start().starts_with('×')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stderr: &str) -> Failure {
        failed(
            "resolving",
            &Finished {
                success: false,
                code: Some(1),
                stdout: String::new(),
                stderr: stderr.to_owned(),
            },
        )
    }

    #[test]
    fn the_resolvers_own_words_are_the_message() {
        let failure = of(
            "error: No solution found when resolving dependencies\n  cause: Because there is no version of starlette==99.0 and you require starlette==99.0, we can conclude that your requirements are unsatisfiable.\n",
        );
        assert_eq!(failure.code, "no-solution");
        assert_eq!(
            failure.message,
            "resolving failed: No solution found when resolving dependencies: Because there is no version of starlette==99.0 and you require starlette==99.0, we can conclude that your requirements are unsatisfiable"
        );
    }

    #[test]
    fn older_releases_decorate_their_errors() {
        let failure = of(
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of starlette==99.0 and you require\n      starlette==99.0, we can conclude that your requirements are\n      unsatisfiable.\n",
        );
        assert_eq!(failure.code, "no-solution");
        assert!(failure.message.ends_with("no version of starlette==99.0 and you require starlette==99.0, we can conclude that your requirements are unsatisfiable"), "{}", failure.message);
    }

    #[test]
    fn a_refused_connection_is_the_network() {
        let failure = of(
            "error: Request failed after 3 retries in 7.2s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/httpx/\n  cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused (os error 111)\n",
        );
        assert_eq!(failure.code, "index-unreachable");
        assert!(
            failure.message.contains("http://127.0.0.1:9/simple/httpx/")
                && failure.message.contains("UV_DEFAULT_INDEX"),
            "{}",
            failure.message
        );
        assert!(is_circumstance(&failure));
    }

    #[test]
    fn an_offline_resolver_is_the_network_too() {
        let failure = of(
            "error: No solution found when resolving dependencies\n  cause: Because httpx was not found in the cache and you require httpx, we can conclude that your requirements are unsatisfiable.\n\nhint: Packages were unavailable because the network was disabled. When the network is disabled, registry packages may only be read from the cache.\n",
        );
        assert_eq!(failure.code, "index-unreachable");
    }

    #[test]
    fn a_compilers_words_are_not_taken_for_uvs() {
        let failure = of(
            "error: Failed to build `uwsgi==2.0.20`\n  cause: The build backend returned an error\n  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)\n\n         [stderr]\n         connect.c: warning: dns error, no space left on device\n",
        );
        assert_eq!(failure.code, "install-failed");
        assert!(
            failure
                .message
                .contains("Failed to build `uwsgi==2.0.20`: The build backend returned an error"),
            "{}",
            failure.message
        );
        assert!(
            failure
                .log_tail
                .iter()
                .any(|line| line.contains("connect.c"))
        );
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        let failure = of(
            "error: Failed to install: x.whl (x==1)\n  cause: failed to copy file: No space left on device (os error 28)\n",
        );
        assert_eq!(failure.code, "disk-full");
        assert_eq!(
            io_failed("writing", &io::Error::from_raw_os_error(28)).code,
            "disk-full"
        );
    }

    #[test]
    fn silence_is_a_failure_too() {
        assert_eq!(of("").code, "install-failed");
    }
}
