//! Numbers as people read them in a sentence.

/// `1, 2 and 5`.
pub(crate) fn listed<T: ToString>(items: &[T]) -> String {
    let words: Vec<String> = items.iter().map(T::to_string).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// Three significant digits, without an exponent: `0.149`, `16.2`, `1040`.
pub(crate) fn rounded(value: f64) -> String {
    let magnitude = if value == 0.0 {
        0.0
    } else {
        value.abs().log10().floor()
    };
    let decimals = (2.0 - magnitude).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    let is_zero = text
        .trim_start_matches('-')
        .chars()
        .all(|digit| matches!(digit, '0' | '.'));
    if is_zero { "0".to_owned() } else { text }
}

/// A share in percent: `0.3 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_and() {
        assert_eq!(listed::<u32>(&[]), "");
        assert_eq!(listed(&[1]), "1");
        assert_eq!(listed(&[1, 2, 5]), "1, 2 and 5");
    }

    #[test]
    fn numbers_have_three_digits_that_matter() {
        for (value, text) in [
            (0.0, "0"),
            (0.148_96, "0.149"),
            (-16.24, "-16.2"),
            (1_040.4, "1040"),
            (99.96, "100.0"),
            (1e-9, "0"),
        ] {
            assert_eq!(rounded(value), text);
        }
        assert_eq!(percent(0.003), "0.300 %");
    }
}
