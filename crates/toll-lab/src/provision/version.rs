//! Release numbers, as far as ordering them is needed here.

use std::cmp::Ordering;

/// A version that can be ordered: the numbers, then whether it comes before or after the release
/// of these numbers. After PEP 440, without epochs and local parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// Release numbers without trailing zeros.
    numbers: Vec<u64>,
    stage: Stage,
    /// Number of the pre-release or post-release.
    serial: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Dev,
    Alpha,
    Beta,
    Candidate,
    Final,
    Post,
}

impl Version {
    /// Reads a version; what does not look like one becomes the smallest.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.trim().trim_start_matches('v');
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (release, suffix) = text.split_at(end);
        let mut numbers: Vec<u64> = release
            .split('.')
            .filter_map(|part| part.parse().ok())
            .collect();
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        let suffix = suffix.trim_start_matches(['-', '_', '.', '+']);
        // `3.13.0+` is a build between releases, `3.13.0rc1` one before it, `1.0.post1` one after it.
        let in_word: String = suffix
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let serial = suffix[in_word.len()..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>();
        Self {
            numbers,
            stage: stage(&in_word.to_ascii_lowercase(), release),
            serial: serial.parse().unwrap_or(0),
        }
    }

    /// Whether it is neither a pre-release nor a development version.
    pub(super) fn is_final(&self) -> bool {
        self.stage >= Stage::Final
    }

    /// The number at `place`, 0 where there is none.
    pub(super) fn number(&self, place: usize) -> u64 {
        self.numbers.get(place).copied().unwrap_or(0)
    }

    /// Major and minor number.
    pub(super) fn minor(&self) -> (u64, u64) {
        (self.number(0), self.number(1))
    }
}

fn stage(word: &str, release: &str) -> Stage {
    // `1.0.dev3` ends its numbers with a dot; so does `1.0.post1`.
    match (word, release) {
        ("a" | "alpha", _) => Stage::Alpha,
        ("b" | "beta", _) => Stage::Beta,
        ("rc" | "c" | "pre" | "preview", _) => Stage::Candidate,
        ("dev", _) | (_, "") => Stage::Dev,
        ("post" | "rev" | "r", _) => Stage::Post,
        _ => Stage::Final,
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.numbers, self.stage, self.serial).cmp(&(&other.numbers, other.stage, other.serial))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_ordered_as_people_expect() {
        let ascending = [
            "",
            "0.9",
            "1.0.dev1",
            "1.0a2",
            "1.0b1",
            "1.0rc1",
            "1.0rc2",
            "1.0",
            "1.0.post1",
            "1.0.1",
            "1.9",
            "1.10",
            "21.2",
        ];
        for pair in ascending.windows(2) {
            assert!(
                Version::parse(pair[0]) < Version::parse(pair[1]),
                "{} < {}",
                pair[0],
                pair[1]
            );
        }
        assert_eq!(Version::parse("1.0"), Version::parse("1.0.0"));
    }

    #[test]
    fn a_candidate_is_not_final() {
        assert!(!Version::parse("3.15.0rc2").is_final());
        assert!(Version::parse("3.15.0").is_final());
        assert!(Version::parse("3.13.0+").is_final());
        assert_eq!(Version::parse("3.15.0a1").minor(), (3, 15));
    }
}
