//! Which interpreter is meant by `newest`, `3.12` or `3.12.1`. Pure; installing is done elsewhere.

use toll_core::failure::{Failure, Stage};
use toll_core::host::Interpreter;

use super::version::Version;

/// Only these are chosen by themselves: others are another subject than the one asked for.
const IMPLEMENTATION: &str = "cpython";

/// The interpreters that may be chosen, in the given order.
pub(super) fn eligible(interpreters: &[Interpreter]) -> impl Iterator<Item = &Interpreter> {
    interpreters
        .iter()
        .filter(|one| one.implementation == IMPLEMENTATION)
}

/// The newest of each minor version, newest first. Pre-releases only where there is nothing else.
pub(super) fn newest_of_each_minor(interpreters: &[Interpreter]) -> Vec<Interpreter> {
    let finals = eligible(interpreters).filter(|one| Version::parse(&one.version).is_final());
    let mut candidates: Vec<Interpreter> = finals.cloned().collect();
    if candidates.is_empty() {
        candidates = eligible(interpreters).cloned().collect();
    }
    candidates.sort_by_cached_key(|one| std::cmp::Reverse(Version::parse(&one.version)));
    candidates.dedup_by_key(|one| Version::parse(&one.version).minor());
    candidates
}

/// The interpreter that is exactly what was asked for: of this version, or the newest of this minor
/// (or major) version.
pub(super) fn exact(version: &str, interpreters: &[Interpreter]) -> Option<Interpreter> {
    let by_name = eligible(interpreters).find(|one| one.version == version);
    let is_whole = version.split('.').count() >= 3;
    let matching = || {
        newest_of_each_minor(interpreters)
            .into_iter()
            .find(|one| one.version.starts_with(&format!("{version}.")))
    };
    by_name
        .cloned()
        .or_else(|| if is_whole { None } else { matching() })
}

/// The interpreter of the same minor version whose patch number is nearest; of two equally near, the newer.
pub(super) fn nearest(version: &str, interpreters: &[Interpreter]) -> Option<Interpreter> {
    let wanted = Version::parse(version);
    let same_minor = eligible(interpreters)
        .map(|one| (Version::parse(&one.version), one))
        .filter(|(found, _)| found.minor() == wanted.minor());
    let nearest = same_minor.min_by_key(|(found, _)| {
        (
            found.number(2).abs_diff(wanted.number(2)),
            std::cmp::Reverse(found.number(2)),
        )
    });
    nearest.map(|(_, one)| one.clone())
}

/// What is said when another one than asked for is used.
pub(super) fn note(version: &str, used: &Interpreter, reason: &str) -> String {
    format!(
        "Python {version} is not here and could not be installed ({reason}); {} was used",
        used.version
    )
}

/// What is said when there is none.
pub(super) fn missing(version: &str, interpreters: &[Interpreter], reason: &str) -> Failure {
    let found: Vec<String> = interpreters
        .iter()
        .map(|one| format!("{} {} ({})", one.implementation, one.version, one.path))
        .collect();
    let here = if found.is_empty() {
        "none was found".to_owned()
    } else {
        format!("found: {}", found.join(", "))
    };
    let message = format!(
        "Python {version} is not here{}; {here}",
        if reason.is_empty() {
            String::new()
        } else {
            format!(" and could not be installed ({reason})")
        }
    );
    Failure::new(Stage::Provision, "python-missing", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(versions: &[&str]) -> Vec<Interpreter> {
        let of = |version: &&str| {
            let (implementation, version) = version.split_once('/').unwrap_or(("cpython", version));
            Interpreter {
                version: version.to_owned(),
                implementation: implementation.to_owned(),
                path: format!("/opt/{version}"),
            }
        };
        versions.iter().map(of).collect()
    }

    fn version(found: Option<Interpreter>) -> Option<String> {
        found.map(|one| one.version)
    }

    #[test]
    fn the_newest_of_a_minor_version_is_meant_by_its_name() {
        let here = here(&["pypy/3.12.9", "3.13.0", "3.12.4", "3.12.1", "3.1.9"]);
        assert_eq!(version(exact("3.12", &here)), Some("3.12.4".to_owned()));
        assert_eq!(version(exact("3.12.1", &here)), Some("3.12.1".to_owned()));
        assert_eq!(version(exact("3", &here)), Some("3.13.0".to_owned()));
        assert_eq!(version(exact("3.12.3", &here)), None);
        assert_eq!(version(exact("3.11", &here)), None);
    }

    #[test]
    fn the_nearest_patch_is_taken_and_the_newer_of_two() {
        let here = here(&["3.13.0", "3.12.9", "3.12.4", "3.12.2"]);
        assert_eq!(version(nearest("3.12.1", &here)), Some("3.12.2".to_owned()));
        assert_eq!(version(nearest("3.12.3", &here)), Some("3.12.4".to_owned()));
        assert_eq!(
            version(nearest("3.12.30", &here)),
            Some("3.12.9".to_owned())
        );
        assert_eq!(version(nearest("3.14.1", &here)), None);
    }

    #[test]
    fn candidates_are_final_releases_while_there_are_any() {
        let minors = |versions: &[&str]| {
            newest_of_each_minor(&here(versions))
                .into_iter()
                .map(|one| one.version)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            minors(&["3.12.1", "3.13.0", "3.12.4", "3.15.0rc1"]),
            ["3.13.0", "3.12.4"]
        );
        assert_eq!(minors(&["3.15.0rc1"]), ["3.15.0rc1"]);
    }

    #[test]
    fn what_is_missing_is_said_with_what_is_there() {
        let failure = missing("3.7", &here(&["3.13.0"]), "");
        assert_eq!(failure.code, "python-missing");
        assert_eq!(
            failure.message,
            "Python 3.7 is not here; found: cpython 3.13.0 (/opt/3.13.0)"
        );
        let note = note("3.12.1", &here(&["3.12.4"])[0], "no network");
        assert_eq!(
            note,
            "Python 3.12.1 is not here and could not be installed (no network); 3.12.4 was used"
        );
    }
}
