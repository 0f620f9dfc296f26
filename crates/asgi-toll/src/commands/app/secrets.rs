//! What no output may show: values of headers, of an `--env-file`, and of variables that are named like
//! secrets.

use toll_core::failure::Failure;

use crate::cli::AppArgs;

/// What stands in place of one.
const MASK: &str = "***";
/// Shorter ones are words like any other.
const SHORTEST: usize = 4;
/// So long is what stands in an `--env-file` under a name that does not say that it is a secret.
const SHORTEST_UNNAMED: usize = 8;
/// Parts of names of variables whose values are secrets.
const NAMES: [&str; 8] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASS",
    "CREDENTIAL",
    "DSN",
    "_URL",
    "_URI",
];
/// What separates the parts of a header's value, such as of a `Cookie`.
const BETWEEN: [char; 5] = [' ', ';', ',', '=', '"'];

/// Values that are masked.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(args: &AppArgs, variables: &[(String, String)]) -> Self {
        let headers = args
            .headers
            .iter()
            .filter_map(|header| Some(header.split_once(':')?.1.trim().to_owned()));
        // What is no text cannot be printed either.
        let in_shell = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| is_secret(name));
        Self::among(headers, in_shell.chain(variables.iter().cloned()))
    }

    fn among(
        headers: impl Iterator<Item = String>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let whole_and_parts = |value: String| {
            let parts: Vec<String> = value.split(BETWEEN).map(str::to_owned).collect();
            parts.into_iter().chain([value])
        };
        let headers = headers
            .flat_map(whole_and_parts)
            .filter(|value| value.chars().count() >= SHORTEST);
        let variables = variables.filter_map(|(name, value)| {
            let shortest = if is_secret(&name) {
                SHORTEST
            } else {
                SHORTEST_UNNAMED
            };
            (value.chars().count() >= shortest).then_some(value)
        });
        let mut values: Vec<String> = headers.chain(variables).collect();
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

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|part| name.contains(part))
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
