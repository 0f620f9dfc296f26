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

/// The nearest interpreter of the same major version: of the same minor version that with the nearest
/// patch number, else the newest of the nearest minor version. Of two equally near, the newer.
pub(super) fn nearest(version: &str, interpreters: &[Interpreter]) -> Option<Interpreter> {
    let wanted = Version::parse(version);
    let is_same_minor = |one: &&Interpreter| Version::parse(&one.version).minor() == wanted.minor();
    let of_same_minor = eligible(interpreters).filter(is_same_minor);
    nearest_by_number(2, &wanted, of_same_minor).or_else(|| {
        let others = newest_of_each_minor(interpreters);
        let is_same_major =
            |one: &&Interpreter| Version::parse(&one.version).number(0) == wanted.number(0);
        nearest_by_number(1, &wanted, others.iter().filter(is_same_major))
    })
}

/// The one whose number at `place` is nearest to that of `wanted`.
fn nearest_by_number<'a>(
    place: usize,
    wanted: &Version,
    candidates: impl Iterator<Item = &'a Interpreter>,
) -> Option<Interpreter> {
    let distance = |one: &&Interpreter| {
        let found = Version::parse(&one.version);
        let apart = found.number(place).abs_diff(wanted.number(place));
        (apart, std::cmp::Reverse(found))
    };
    candidates.min_by_key(distance).cloned()
}

/// What is said when another one than asked for is used.
pub(super) fn note(version: &str, used: &Interpreter, reason: &str) -> String {
    format!(
        "Python {version} was asked for, but is not here and could not be installed ({reason}); the nearest that is here, {}, was used instead",
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
    use proptest::prelude::*;

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
    }

    #[test]
    fn the_nearest_minor_is_taken_where_the_minor_is_missing() {
        let here = here(&["pypy/3.10.9", "3.13.0", "3.12.4", "3.12.1", "3.9.18"]);
        for (asked, used) in [
            ("3.14.1", "3.13.0"),
            ("3.99", "3.13.0"),
            ("3.8.2", "3.9.18"),
            ("3.10", "3.9.18"),
            ("3.11.7", "3.12.4"),
        ] {
            assert_eq!(
                version(nearest(asked, &here)).as_deref(),
                Some(used),
                "{asked}"
            );
        }
        assert_eq!(version(nearest("2.7", &here)), None);
        assert_eq!(version(nearest("3.10", &here[..1])), None);
    }

    #[test]
    fn of_two_equally_near_minors_the_newer_is_taken() {
        let here = here(&["3.13.0", "3.13.2", "3.9.18", "3.15.0rc1"]);
        assert_eq!(version(nearest("3.11.1", &here)).as_deref(), Some("3.13.2"));
        // A pre-release stands in for its own minor version only.
        assert_eq!(version(nearest("3.14.1", &here)).as_deref(), Some("3.13.2"));
        assert_eq!(
            version(nearest("3.15.0", &here)).as_deref(),
            Some("3.15.0rc1")
        );
    }

    proptest! {
        #[test]
        fn none_is_nearer_than_the_nearest(
            asked in (8_u64..16, 0_u64..5),
            found in proptest::collection::vec((8_u64..16, 0_u64..5), 1..8),
        ) {
            let names: Vec<String> = found.iter().map(|(minor, patch)| format!("3.{minor}.{patch}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let taken = nearest(&format!("3.{}.{}", asked.0, asked.1), &here(&names)).unwrap();
            let taken = Version::parse(&taken.version);
            let (minor, patch) = (taken.number(1), taken.number(2));
            for (other_minor, other_patch) in found {
                prop_assert!(minor.abs_diff(asked.0) <= other_minor.abs_diff(asked.0));
                if other_minor == minor && minor == asked.0 {
                    prop_assert!(patch.abs_diff(asked.1) <= other_patch.abs_diff(asked.1));
                } else if other_minor == minor {
                    prop_assert!(patch >= other_patch);
                }
            }
        }
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
            "Python 3.12.1 was asked for, but is not here and could not be installed (no network); the nearest that is here, 3.12.4, was used instead"
        );
    }
}
