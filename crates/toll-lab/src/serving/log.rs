//! The last lines of a server's log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 12;

/// The last lines of the file, without empty ones; nothing if it cannot be read.
pub(crate) fn tail(path: &Path) -> Vec<String> {
    let text = read_end(path).unwrap_or_default();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

fn read_end(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_log_is_kept() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines: Vec<String> = (0..5_000).map(|line| format!("line {line}\n")).collect();
        std::fs::write(file.path(), lines.join("\n")).unwrap();
        let lines = tail(file.path());
        assert_eq!(lines.len(), TAIL_LINES);
        assert_eq!(lines.last().unwrap(), "line 4999");
        assert!(tail(Path::new("/no/such/log")).is_empty());
    }
}
