//! The numbers of middlewares that a series is measured at.

/// The most middlewares that one cell may have: beyond it every framework meets Python's
/// recursion limit.
pub const LEVEL_MAX: u32 = 500;

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
        "`{text}` is no range of middlewares; write a list such as [0, 1, 5, 20] or a range such as \"0..=20\""
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
    fn quick_keeps_the_lowest_two_and_the_highest() {
        assert_eq!(quick(&[0, 1, 2, 5, 20]), [0, 1, 20]);
        assert_eq!(quick(&[0, 1]), [0, 1]);
        assert_eq!(quick(&[3]), [3]);
    }
}
