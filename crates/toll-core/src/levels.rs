//! The numbers of middlewares that a series is measured at.

use serde::{Deserialize, Serialize};

/// The most middlewares that one cell may have: beyond it every framework meets Python's
/// recursion limit.
pub const LEVEL_MAX: u32 = 500;

/// The word for levels that are chosen on the spot.
pub const AUTO: &str = "auto";
/// How many levels are chosen on the spot.
pub const AUTO_LEVELS: usize = 6;

/// At which numbers of middlewares a series is to be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Levels {
    /// So many that the layers cost a few times what the base costs: known once it was tried.
    Auto,
    /// These, ascending.
    Listed(Vec<u32>),
}

/// Levels as they are stored: the word, or a list.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    List(Vec<u32>),
}

impl From<Written> for Levels {
    fn from(written: Written) -> Self {
        match written {
            Written::Word(_) => Self::Auto,
            Written::List(levels) => Self::Listed(levels),
        }
    }
}

impl From<Levels> for Written {
    fn from(levels: Levels) -> Self {
        match levels {
            Levels::Auto => Self::Word(AUTO.to_owned()),
            Levels::Listed(levels) => Self::List(levels),
        }
    }
}

impl Levels {
    /// Reads `"auto"`, a range such as `"0..=20"`, or one number.
    ///
    /// # Errors
    /// Says in words what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim() == AUTO {
            return Ok(Self::Auto);
        }
        parse(text).map(Self::Listed)
    }

    /// How many there are, or will be.
    pub fn count(&self) -> usize {
        match self {
            Self::Auto => AUTO_LEVELS,
            Self::Listed(levels) => levels.len(),
        }
    }

    /// The levels, if they are known already.
    pub fn listed(&self) -> &[u32] {
        match self {
            Self::Auto => &[],
            Self::Listed(levels) => levels,
        }
    }

    /// The few that a quick look needs. Chosen on the spot, they are few enough.
    #[must_use]
    pub fn quick(&self) -> Self {
        match self {
            Self::Auto => Self::Auto,
            Self::Listed(levels) => Self::Listed(quick(levels)),
        }
    }
}

/// The levels from 0 to `most` that tell a base, a first layer, a toll and a bend apart:
/// [`AUTO_LEVELS`] of them where there are so many.
pub fn spread(most: u32) -> Vec<u32> {
    let part = |share: f64| (f64::from(most) * share).round() as u32;
    let mut levels = vec![0, 1, part(0.25), part(0.5), part(0.75), most];
    levels.retain(|level| *level <= most);
    levels.sort_unstable();
    levels.dedup();
    levels
}

/// The few levels up to `most` that tell a base, a first layer, a toll and a bend apart: what a
/// comparison needs.
pub fn ladder(most: u32) -> Vec<u32> {
    let mut levels = vec![0, 1, most.div_ceil(2), most];
    levels.retain(|level| *level <= most);
    levels.sort_unstable();
    levels.dedup();
    levels
}

/// Reads `"0..=20"`, `"0..20"` or `"7"`.
///
/// # Errors
/// Says in words what is wrong with the text.
pub fn parse(text: &str) -> Result<Vec<u32>, String> {
    let text = text.trim();
    let number = |part: &str| part.trim().parse::<u32>().map_err(|_| form(text));
    if let Some((low, high)) = text.split_once("..=") {
        return range(number(low)?, number(high)?);
    }
    if let Some((low, high)) = text.split_once("..") {
        let high = number(high)?;
        return range(number(low)?, high.checked_sub(1).ok_or_else(|| form(text))?);
    }
    normalise(&[number(text)?])
}

fn form(text: &str) -> String {
    format!(
        "`{text}` is no range of middlewares; write a list such as [0, 1, 5, 20], a range such as \"0..=20\", or \"auto\""
    )
}

fn range(low: u32, high: u32) -> Result<Vec<u32>, String> {
    if low > high {
        return Err(format!("the range {low}..={high} is empty"));
    }
    if high > LEVEL_MAX {
        return Err(format!(
            "{high} middlewares are more than the {LEVEL_MAX} that can be measured"
        ));
    }
    normalise(&(low..=high).collect::<Vec<_>>())
}

/// Sorts and checks a list of levels.
///
/// # Errors
/// The list is empty, names a level twice, or a level is too large.
pub fn normalise(levels: &[u32]) -> Result<Vec<u32>, String> {
    let mut sorted = levels.to_vec();
    sorted.sort_unstable();
    if sorted.is_empty() {
        return Err("the list of middlewares is empty".to_owned());
    }
    if let Some([twice, _]) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("{twice} middlewares are named twice"));
    }
    match sorted.last() {
        Some(&top) if top > LEVEL_MAX => Err(format!(
            "{top} middlewares are more than the {LEVEL_MAX} that can be measured"
        )),
        _ => Ok(sorted),
    }
}

/// The few levels that still identify a base, a first layer and a toll: the lowest two and the highest.
pub fn quick(levels: &[u32]) -> Vec<u32> {
    let mut few: Vec<u32> = levels
        .iter()
        .take(2)
        .chain(levels.last())
        .copied()
        .collect();
    few.dedup();
    few
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_numbers_are_read() {
        assert_eq!(parse("0..=3"), Ok(vec![0, 1, 2, 3]));
        assert_eq!(parse("0..3"), Ok(vec![0, 1, 2]));
        assert_eq!(parse("7"), Ok(vec![7]));
    }

    #[test]
    fn wrong_texts_are_refused_with_the_reason() {
        assert!(parse("a..b").unwrap_err().contains("no range"));
        assert!(parse("5..=2").unwrap_err().contains("empty"));
        assert!(parse("0..=9999").unwrap_err().contains("more than"));
        assert!(normalise(&[1, 1]).unwrap_err().contains("twice"));
        assert!(normalise(&[]).unwrap_err().contains("empty"));
    }

    #[test]
    fn levels_are_a_word_or_a_list() {
        for (levels, json) in [
            (Levels::Auto, "\"auto\""),
            (Levels::Listed(vec![0, 2]), "[0,2]"),
        ] {
            assert_eq!(serde_json::to_string(&levels).unwrap(), json);
            assert_eq!(serde_json::from_str::<Levels>(json).unwrap(), levels);
        }
        assert_eq!(Levels::parse(" auto"), Ok(Levels::Auto));
        assert_eq!(Levels::parse("0..2"), Ok(Levels::Listed(vec![0, 1])));
        assert!(Levels::parse("automatic").is_err());
    }

    #[test]
    fn a_spread_goes_from_nothing_to_the_most() {
        assert_eq!(spread(50), [0, 1, 13, 25, 38, 50]);
        assert_eq!(spread(5), [0, 1, 3, 4, 5]);
        assert_eq!(spread(1), [0, 1]);
        assert_eq!(spread(0), [0]);
    }

    #[test]
    fn quick_keeps_the_lowest_two_and_the_highest() {
        assert_eq!(quick(&[0, 1, 2, 5, 20]), [0, 1, 20]);
        assert_eq!(quick(&[0, 1]), [0, 1]);
        assert_eq!(quick(&[3]), [3]);
    }
}
