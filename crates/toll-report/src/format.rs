//! Numbers for people: few digits, always the same unit in one column.
//!
//! Thousands are grouped with a narrow no-break space ([`GROUP`]); the terminal puts a plain one in its place.

use toll_analysis::results::Estimate;

/// What separates groups of three digits.
pub const GROUP: char = '\u{202f}';

/// What stands where there is no number.
pub const NONE: &str = "–";

/// Microseconds with three significant digits and no unit: `0.153`, `5.31`, `104`, `1 040`.
pub fn micros(value_us: f64) -> String {
    significant(value_us)
}

/// Three significant digits, thousands grouped, never an exponent; [`NONE`] if it is no number.
pub fn significant(value: f64) -> String {
    let decimals = decimals(value, 3);
    let rounded = if value.is_finite() && value.abs() >= 1000.0 {
        round_to(value, 3)
    } else {
        value
    };
    fixed(rounded, decimals)
}

/// Requests per second: whole numbers from a hundred up.
pub fn rate(requests_per_s: f64) -> String {
    if requests_per_s.abs() >= 100.0 {
        fixed(round_to(requests_per_s, 4), 0)
    } else {
        significant(requests_per_s)
    }
}

/// The least and the most of some microseconds in two digits: `1.4`, or `1.3–1.6` where they are
/// not written alike.
pub(crate) fn micros_range(values_us: impl Iterator<Item = f64>) -> Option<String> {
    let known = values_us.filter(|value| value.is_finite());
    let (low, high) = known.fold(None, |ends: Option<(f64, f64)>, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })?;
    let (low, high) = (two_digits(low), two_digits(high));
    Some(if low == high {
        low
    } else {
        format!("{low}–{high}")
    })
}

/// Two significant digits, such as a factor needs: `0.16`, `85`, `1 200`.
pub(crate) fn two_digits(value: f64) -> String {
    fixed(round_to(value, 2), decimals(value, 2))
}

/// A count, or the mean of counts: a whole number whole, another with what its fraction says.
pub(crate) fn exact(value: f64) -> String {
    if (value - value.round()).abs() < 1e-6 || value.abs() >= 1000.0 {
        fixed(value, 0)
    } else {
        significant(value)
    }
}

/// Microseconds as milliseconds with three significant digits and no unit.
pub fn millis(value_us: f64) -> String {
    significant(value_us / 1000.0)
}

/// A share as per cent with two significant digits: `5.1 %`, `102 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    format!("{}{GROUP}%", fixed(value, decimals(value, 2)))
}

/// Bytes in MiB or GiB.
pub fn bytes(value: u64) -> String {
    let mebibytes = value as f64 / (1024.0 * 1024.0);
    if mebibytes >= 1024.0 {
        format!("{}{GROUP}GiB", significant(mebibytes / 1024.0))
    } else {
        format!("{}{GROUP}MiB", significant(mebibytes))
    }
}

/// Seconds as people say them: `42 s`, `10 min 12 s`, `1 h 3 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return NONE.to_owned();
    }
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}

/// An integer with its thousands grouped.
pub fn count(value: u64) -> String {
    group(&value.to_string())
}

/// An estimate and its interval, with decimals that suit one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The estimate.
    pub value: String,
    /// The interval: `±0.22`, or `(5.09 … 5.53)` where it is not symmetric; empty without one.
    pub interval: String,
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.value)?;
        if self.interval.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.interval)
        }
    }
}

/// How an estimate and its interval are written.
pub fn spread(estimate: &Estimate) -> Spread {
    let value = estimate.estimate;
    let Some((low, high)) = bounds(estimate) else {
        return Spread {
            value: significant(value),
            interval: String::new(),
        };
    };
    let half = (high - low) / 2.0;
    // Digits below the interval's second one say nothing, and those above its first one are needed.
    let decimals = decimals(value, 3).clamp(decimals(half, 1), decimals(half, 2));
    let written = |x: f64| fixed(x, decimals);
    let lopsided = ((high - value) - (value - low)).abs() > 0.2 * half;
    let interval = if lopsided && written(high - value) != written(value - low) {
        format!("({} … {})", written(low), written(high))
    } else {
        format!("±{}", written(half))
    };
    Spread {
        value: written(value),
        interval,
    }
}

/// The interval of an estimate, if it has a whole one.
pub fn bounds(estimate: &Estimate) -> Option<(f64, f64)> {
    let (low, high) = (estimate.low?, estimate.high?);
    (low.is_finite() && high.is_finite() && low <= high).then_some((low, high))
}

/// How many decimals show `digits` significant digits of `value`, four at the most.
fn decimals(value: f64, digits: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // Rounding first: 9.996 becomes 10.0, not 10.00.
    let magnitude = round_to(value, digits).abs().log10().floor() as i32;
    (digits - 1 - magnitude).clamp(0, 4) as usize
}

fn round_to(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let magnitude = value.abs().log10().floor() as i32;
    // Dividing by a power of ten is exact where multiplying by its reciprocal is not.
    let exponent = digits - 1 - magnitude;
    if exponent >= 0 {
        (value * 10f64.powi(exponent)).round() / 10f64.powi(exponent)
    } else {
        (value / 10f64.powi(-exponent)).round() * 10f64.powi(-exponent)
    }
}

fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{value:.decimals$}");
    let text = if text
        .trim_start_matches('-')
        .chars()
        .all(|c| c == '0' || c == '.')
    {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    };
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", group(whole)),
        None => group(&text),
    }
}

fn group(integer: &str) -> String {
    let (sign, digits) = integer
        .strip_prefix('-')
        .map_or(("", integer), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(GROUP);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(estimate: f64, low: f64, high: f64) -> Estimate {
        Estimate {
            estimate,
            low: Some(low),
            high: Some(high),
            confidence: 0.95,
            unit: "us".into(),
        }
    }

    fn plain(text: &str) -> String {
        text.replace(GROUP, " ")
    }

    #[test]
    fn micros_show_three_significant_digits() {
        let table = [
            (0.1534, "0.153"),
            (5.312, "5.31"),
            (9.996, "10.0"),
            (104.3, "104"),
            (999.7, "1 000"),
            (1_040.4, "1 040"),
            (1_234_567.0, "1 230 000"),
            (0.0, "0"),
            (-2.5, "-2.50"),
            (0.000_000_1, "0.0000"),
            (f64::NAN, "–"),
        ];
        for (value, expected) in table {
            assert_eq!(plain(&micros(value)), expected, "{value}");
        }
    }

    #[test]
    fn the_interval_decides_how_many_digits_mean_anything() {
        let table = [
            (estimate(5.31, 5.09, 5.53), "5.31 ±0.22"),
            (estimate(5.31, 5.29, 5.80), "5.31 (5.29 … 5.80)"),
            (estimate(0.01, -2.3, 2.3), "0.0 ±2.3"),
            (estimate(104.0, 103.7, 104.3), "104.0 ±0.3"),
            (estimate(1040.0, 1028.0, 1052.0), "1 040 ±12"),
            (estimate(7.0, 7.0, 7.0), "7 ±0"),
        ];
        for (estimate, expected) in table {
            assert_eq!(plain(&spread(&estimate).to_string()), expected);
        }
    }

    #[test]
    fn without_an_interval_only_the_value_is_written() {
        let lone = Estimate {
            low: None,
            ..estimate(5.314, 0.0, 6.0)
        };
        assert_eq!(spread(&lone).to_string(), "5.31");
    }

    #[test]
    fn other_quantities() {
        assert_eq!(plain(&rate(9_523.4)), "9 523");
        assert_eq!(plain(&rate(123_456.0)), "123 500");
        assert_eq!(rate(9.52), "9.52");
        assert_eq!(millis(1_234.0), "1.23");
        assert_eq!(plain(&percent(0.0512)), "5.1 %");
        assert_eq!(plain(&percent(1.02)), "102 %");
        assert_eq!(plain(&bytes(52 << 20)), "52.0 MiB");
        assert_eq!(plain(&bytes(3 << 30)), "3.00 GiB");
        assert_eq!(plain(&two_digits(1_234.0)), "1 200");
        assert_eq!(two_digits(0.1567), "0.16");
        assert_eq!(plain(&exact(47_944.0)), "47 944");
        assert_eq!(plain(&exact(2_138.45)), "2 138");
        assert_eq!(exact(12.55), "12.6");
        assert_eq!(exact(0.0), "0");
        assert_eq!(
            micros_range([1.41, 1.39].into_iter()).as_deref(),
            Some("1.4")
        );
        assert_eq!(
            micros_range([1.6, 1.3].into_iter()).as_deref(),
            Some("1.3–1.6")
        );
        assert_eq!(micros_range([f64::NAN].into_iter()), None);
        assert_eq!(duration(4.23), "4.2 s");
        assert_eq!(duration(612.0), "10 min 12 s");
        assert_eq!(duration(3_800.0), "1 h 3 min");
    }
}
