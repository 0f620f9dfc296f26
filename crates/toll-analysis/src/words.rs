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

/// A number of events, which is whole unless it is a mean: `3`, `2.55`.
pub(crate) fn events(count: f64) -> String {
    if count.fract() == 0.0 {
        format!("{count:.0}")
    } else {
        rounded(count)
    }
}

/// `1 middleware`, `5 middlewares`.
pub(crate) fn middlewares(count: u32) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} middleware{plural}")
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
        assert_eq!(
            (events(43_300.0), events(2.55)),
            ("43300".to_owned(), "2.55".to_owned())
        );
        assert_eq!(
            (middlewares(1), middlewares(20)),
            ("1 middleware".to_owned(), "20 middlewares".to_owned())
        );
    }
}
