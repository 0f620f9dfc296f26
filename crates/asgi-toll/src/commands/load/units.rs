//! Numbers as people read them, with their units.

/// Three digits and a unit that fits.
pub(super) fn time(ns: u64) -> String {
    let ns = ns as f64;
    let (value, unit) = match ns {
        ..999.5 => return format!("{ns:.0} ns"),
        ..999_500.0 => (ns / 1e3, "µs"),
        ..999_500_000.0 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    format!("{} {unit}", digits(value))
}

/// Requests per second.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        format!("{per_second:.1}")
    } else {
        count(per_second.round() as u64)
    }
}

/// Bytes in a unit that fits.
pub(super) fn bytes(count: f64) -> String {
    let (value, unit) = match count {
        ..999.5 => return format!("{count:.0} B"),
        ..999_500.0 => (count / 1e3, "kB"),
        ..999_500_000.0 => (count / 1e6, "MB"),
        _ => (count / 1e9, "GB"),
    };
    format!("{} {unit}", digits(value))
}

/// In groups of three.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 thread`, `2 threads`.
pub(super) fn many(number: u64, one: &str) -> String {
    format!(
        "{} {one}{}",
        count(number),
        if number == 1 { "" } else { "s" }
    )
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        let shown: Vec<String> = [7, 999, 1_234, 99_960, 999_600, 12_345_678, 2_500_000_000]
            .map(time)
            .into();
        assert_eq!(
            shown,
            [
                "7 ns", "999 ns", "1.23 µs", "100 µs", "1.00 ms", "12.3 ms", "2.50 s"
            ]
        );
        assert_eq!(
            (rate(12.34), rate(12_345.6)),
            ("12.3".into(), "12,346".into())
        );
        assert_eq!(
            (bytes(999.0), bytes(1_500.0)),
            ("999 B".into(), "1.50 kB".into())
        );
        assert_eq!(
            (count(999), count(1_000_000)),
            ("999".into(), "1,000,000".into())
        );
        assert_eq!(
            (many(1, "thread"), many(2, "thread")),
            ("1 thread".into(), "2 threads".into())
        );
    }
}
