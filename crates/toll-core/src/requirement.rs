//! Requirements: which distribution, at which version.

/// The name of the distribution in a requirement, normalised as package indexes do it
/// (PEP 503: lower case, runs of `-`, `_` and `.` become one `-`).
pub fn distribution(requirement: &str) -> String {
    let mut name = String::new();
    for c in split(requirement).0.chars() {
        let c = if matches!(c, '_' | '.') {
            '-'
        } else {
            c.to_ascii_lowercase()
        };
        if !(c == '-' && name.ends_with('-')) {
            name.push(c);
        }
    }
    name
}

/// The name as it is written, and what is said about it.
pub(crate) fn split(requirement: &str) -> (&str, &str) {
    let end = requirement
        .find(|c: char| !is_name_character(c))
        .unwrap_or(requirement.len());
    (&requirement[..end], requirement[end..].trim())
}

/// Whether the requirement names a distribution and says nothing else about it.
pub fn is_bare(requirement: &str) -> bool {
    requirement.chars().all(is_name_character)
}

/// What is wrong with a requirement, if anything is at first sight; the resolver has the last word.
pub fn fault(requirement: &str) -> Option<&'static str> {
    let mut characters = requirement.chars();
    match characters.next() {
        None => Some("it is empty"),
        Some('-') => Some("it is an option, not a requirement"),
        Some(first) if !first.is_ascii_alphanumeric() => {
            Some("it does not begin with the name of a distribution")
        }
        Some(_) if requirement.chars().any(char::is_control) => {
            Some("it contains a control character")
        }
        Some(_) => None,
    }
}

/// Whether the text is a version as PEP 440 spells them, and neither a range nor a list.
pub fn is_version(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '-' | '_');
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(allowed)
}

/// Every requirement once, in order; a bare name goes where another requirement says more
/// about the same distribution.
pub(crate) fn merged(requirements: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for requirement in requirements {
        let name = distribution(requirement);
        let said_better = is_bare(requirement)
            && requirements
                .iter()
                .any(|other| !is_bare(other) && distribution(other) == name);
        let said_before = kept.iter().any(|other| {
            other == requirement
                || is_bare(requirement) && is_bare(other) && distribution(other) == name
        });
        if !said_better && !said_before {
            kept.push(requirement.clone());
        }
    }
    kept
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (requirement, name) in [
            ("uvicorn", "uvicorn"),
            ("Uvicorn[standard]==0.25.0", "uvicorn"),
            ("zope.interface >=5", "zope-interface"),
            ("a_-b; python_version < '3.9'", "a-b"),
        ] {
            assert_eq!(distribution(requirement), name);
        }
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(fault("anyio==4.0"), None);
        assert_eq!(
            fault("--index-url=x"),
            Some("it is an option, not a requirement")
        );
        assert_eq!(
            fault("../local"),
            Some("it does not begin with the name of a distribution")
        );
        assert!(fault("").is_some() && fault("a\nb").is_some());
    }

    #[test]
    fn versions() {
        for good in [
            "0.34.0",
            "23.12.0",
            "1!2.0",
            "2.0rc1",
            "1.0+local.1",
            "1.0.dev3",
        ] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", ">=1", "1 .0", "==1.0", "latest", "1.*", "1,2"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn merging_drops_what_says_nothing_more() {
        let merge =
            |list: &[&str]| merged(&list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            merge(&["a==1", "uvicorn", "b", "b", "uvicorn==0.25.0"]),
            ["a==1", "b", "uvicorn==0.25.0"]
        );
        assert_eq!(merge(&["Uvicorn", "uvicorn"]), ["Uvicorn"]);
        assert_eq!(
            merge(&["uvicorn[standard]", "uvicorn==1"]),
            ["uvicorn[standard]", "uvicorn==1"]
        );
    }
}
