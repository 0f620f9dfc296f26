//! What no output may show: values of headers, of an `--env-file`, and of variables that are named like
//! secrets.

use toll_core::failure::Failure;

use crate::cli::AppArgs;

/// What stands in place of one.
const MASK: &str = "***";
/// Shorter ones are words like any other.
const SHORTEST: usize = 4;
/// Words in names of variables whose values are secrets.
const NAMES: [&str; 8] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "DSN",
    "DATABASE_URL",
];

/// Values that are masked.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(args: &AppArgs, variables: &[(String, String)]) -> Self {
        let headers = args.headers.iter().filter_map(|header| {
            let value = header.split_once(':')?.1.trim();
            // `Bearer x`: the scheme is no secret, what follows is.
            Some(value.rsplit(' ').next().unwrap_or(value).to_owned())
        });
        let in_file = variables.iter().map(|(_, value)| value.clone());
        let is_secret = |name: &str| {
            let name = name.to_ascii_uppercase();
            NAMES.iter().any(|word| name.contains(word))
        };
        let in_shell = std::env::vars()
            .filter(|(name, _)| is_secret(name))
            .map(|(_, value)| value);
        let mut values: Vec<String> = headers
            .chain(in_file)
            .chain(in_shell)
            .filter(|value| value.chars().count() >= SHORTEST)
            .collect();
        // The longest first: one may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// The text without them.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.0 {
            text = text.replace(value.as_str(), MASK);
        }
        text
    }

    /// The failure without them.
    pub(super) fn hidden_in(&self, failure: &Failure) -> Failure {
        Failure {
            message: self.masked(&failure.message),
            log_tail: failure
                .log_tail
                .iter()
                .map(|line| self.masked(line))
                .collect(),
            ..failure.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_the_longest_first() {
        let secrets = Secrets(vec!["hunter22".to_owned(), "hunt".to_owned()]);
        assert_eq!(
            secrets.masked("password hunter22, hunt"),
            "password ***, ***"
        );
    }
}
