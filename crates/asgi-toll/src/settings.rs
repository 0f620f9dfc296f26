//! What the command line means here: folders, durations, shares.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};

use crate::cli::Global;

/// Version of the tool, as it is stored with every run.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The cache folder: `--cache-dir`, else `asgi-toll` in the user's cache folder.
pub(crate) fn cache_dir(global: &Global) -> anyhow::Result<PathBuf> {
    if let Some(dir) = &global.cache_dir {
        return std::path::absolute(dir)
            .with_context(|| format!("the cache folder {} is no path", dir.display()));
    }
    let xdg = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = xdg.or_else(home);
    base.map(|base| base.join("asgi-toll"))
        .ok_or_else(|| anyhow!("neither XDG_CACHE_HOME nor HOME is set; say where to keep environments with --cache-dir"))
}

/// The text with the user's home folder written as `~`: results are published, and where somebody's
/// home lies is nobody's business. A shell reads it back.
pub(crate) fn without_home(text: &str) -> String {
    match env::var("HOME") {
        Ok(home) if home.len() > 1 => {
            text.replace(&format!("{}/", home.trim_end_matches('/')), "~/")
        }
        _ => text.to_owned(),
    }
}

/// Reads `10s`, `90s`, `1h30m`, or `250ms`.
pub(crate) fn duration(text: &str) -> anyhow::Result<Duration> {
    let wrong = || anyhow!("`{text}` is no duration; write `10s`, `2m`, `1h30m` or `250ms`");
    if matches!(text.trim(), "0" | "0s") {
        return Ok(Duration::ZERO);
    }
    if let Some(milliseconds) = text.trim().strip_suffix("ms") {
        return milliseconds
            .trim()
            .parse()
            .map(Duration::from_millis)
            .map_err(|_| wrong());
    }
    toll_core::suite::budget(text)
        .map(Duration::from_secs)
        .map_err(|_| wrong())
}

/// What stands on the command line, or in the file that `@file` names.
pub(crate) fn text_or_file(text: &str) -> anyhow::Result<Vec<u8>> {
    match text.strip_prefix('@') {
        Some(file) => fs::read(file).with_context(|| format!("the body {file} cannot be read")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// Reads `5%` or `0.05`.
pub(crate) fn share(text: &str) -> anyhow::Result<f64> {
    toll_core::suite::precision(text)
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| anyhow!("`{text}` is no share; write `5%` or `0.05`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_shares_are_read_or_refused() {
        assert_eq!(duration("1h30m").unwrap().as_secs(), 5_400);
        assert_eq!(duration("250ms").unwrap().as_millis(), 250);
        assert_eq!(duration("0s").unwrap(), Duration::ZERO);
        assert!(
            duration("soon")
                .unwrap_err()
                .to_string()
                .contains("write `10s`")
        );
        assert_eq!(share("5%").unwrap(), 0.05);
        assert!(share("200%").is_err());
        assert!(share("-1").is_err());
    }
}
