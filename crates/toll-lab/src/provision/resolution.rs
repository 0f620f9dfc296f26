//! A resolved set of distributions.

/// What was resolved: every distribution with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The lock as uv wrote it, a requirement per line.
    pub text: String,
    /// What people should know about how it came to be.
    pub notes: Vec<String>,
}

impl Resolution {
    /// The distributions as `name==version` (or `name @ url`), sorted.
    pub fn distributions(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.text.lines().filter_map(distribution).collect();
        lines.sort();
        lines
    }
}

/// A line of the lock without comment, marker and hashes; `None` for lines that name no distribution.
fn distribution(line: &str) -> Option<String> {
    if line.starts_with([' ', '#', '-']) {
        return None;
    }
    let line = line.split(" #").next().unwrap_or_default();
    let line = line.split(" ;").next().unwrap_or_default();
    let line = line.trim_end_matches('\\').trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The name of a requirement or of a line of a lock, normalised as the package index does it.
pub(super) fn name(requirement: &str) -> String {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(requirement.len());
    let mut name = String::new();
    for part in requirement[..end]
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
    {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&part.to_ascii_lowercase());
    }
    name
}

/// The version that `lock` gives a distribution.
pub(super) fn version_of<'a>(lock: &'a [String], distribution: &str) -> Option<&'a str> {
    let wanted = name(distribution);
    lock.iter()
        .filter_map(|line| line.split_once("=="))
        .find(|(found, _)| name(found) == wanted)
        .map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_markers_and_options_are_left_out() {
        let text = "--index-url https://example.org/simple\n# by hand\nuvicorn==0.25.0\nanyio==4.2.0 ; python_version < '3.13'\n    # via starlette\nmine @ file:///tmp/mine\n";
        let resolution = Resolution {
            text: text.to_owned(),
            notes: Vec::new(),
        };
        assert_eq!(
            resolution.distributions(),
            ["anyio==4.2.0", "mine @ file:///tmp/mine", "uvicorn==0.25.0"]
        );
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(name("Typing_Extensions>=4"), "typing-extensions");
        assert_eq!(name("uvicorn[standard]==0.25.0"), "uvicorn");
        let lock = ["asgi-tools==1.0".to_owned(), "mine @ file:///x".to_owned()];
        assert_eq!(version_of(&lock, "ASGI_Tools"), Some("1.0"));
        assert_eq!(version_of(&lock, "mine"), None);
    }
}
