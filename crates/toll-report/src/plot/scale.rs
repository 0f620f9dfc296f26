//! From values to pixels, and where the ticks go.

/// Room for zero beneath the values of a logarithmic scale, as a share of it.
const ZERO_ROOM: f64 = 0.07;

/// Which values must lie how many times apart for an axis to become logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stretch {
    /// Any two that are drawn.
    Values(f64),
    /// The highest of any two lines: a single line that rises steeply shows its shape better on a
    /// linear axis.
    Ends(f64),
}

/// A linear or logarithmic scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    /// Pixel of `low`.
    from: f64,
    /// Pixel of `high`.
    to: f64,
    /// Whether equal ratios take equal room.
    pub(super) log: bool,
    /// Whether zero, which no logarithm has, is at the very beginning of a logarithmic scale.
    zero: bool,
}

impl Scale {
    /// A linear scale over exactly these values.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            from,
            to,
            log: false,
            zero: false,
        }
    }

    /// A scale for the values of some lines that begins at zero, or is logarithmic where they differ
    /// too much to be seen beside one another.
    pub(super) fn of_lines(lines: &[Vec<f64>], stretch: Stretch, from: f64, to: f64) -> Self {
        let values = || lines.iter().flatten().copied();
        let high = values().fold(f64::MIN, f64::max);
        let low = values().fold(f64::MAX, f64::min);
        if high <= 0.0 {
            let low = if low.is_finite() { low } else { 0.0 };
            return Self::linear(low.clamp(-1e12, 0.0), 1.0, from, to);
        }
        let apart = match stretch {
            Stretch::Values(ratio) => low > 0.0 && high / low > ratio,
            Stretch::Ends(ratio) => low >= 0.0 && high / lowest_end(lines) > ratio,
        };
        if !apart {
            return Self::linear(low.min(0.0) * 1.05, high * 1.04, from, to);
        }
        let least = values().filter(|value| *value > 0.0).fold(high, f64::min);
        Self {
            low: 10f64.powf((least.log10() * 3.0).floor() / 3.0),
            high: high * 1.15,
            from,
            to,
            log: true,
            zero: low <= 0.0,
        }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.log && self.zero && value <= 0.0 {
            0.0
        } else if self.log {
            let room = if self.zero { ZERO_ROOM } else { 0.0 };
            let share =
                (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln();
            room + (1.0 - room) * share
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share.clamp(-0.02, 1.02) * (self.to - self.from)
    }

    /// Values at which to draw a tick, some five of them.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.log {
            self.log_ticks()
        } else {
            self.linear_ticks()
        }
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = nice_step((self.high - self.low) / 5.5);
        let (first, last) = (
            (self.low / step).ceil() as i64,
            (self.high / step + 1e-9).floor() as i64,
        );
        (first..=last).map(|at| at as f64 * step).collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let steps: &[f64] = if decades > 3.5 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let (first, last) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let all = (first..=last)
            .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
        let shown = all.filter(|tick| (self.low..=self.high).contains(tick));
        let zero = self.zero.then_some(0.0);
        zero.into_iter().chain(shown).collect()
    }
}

/// The lowest of the highest values of lines that have any above zero.
fn lowest_end(lines: &[Vec<f64>]) -> f64 {
    lines
        .iter()
        .map(|line| line.iter().copied().fold(0.0, f64::max))
        .filter(|end| *end > 0.0)
        .fold(f64::MAX, f64::min)
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `rough`.
fn nice_step(rough: f64) -> f64 {
    if !(rough.is_finite() && rough > 0.0) {
        return 1.0;
    }
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|step| step * decade >= rough * (1.0 - 1e-9));
    step.unwrap_or(10.0) * decade
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_are_nice() {
        for (rough, nice) in [
            (0.9, 1.0),
            (1.1, 2.0),
            (2.1, 2.5),
            (26.0, 50.0),
            (0.000_6, 0.001),
        ] {
            assert!(
                (nice_step(rough) - nice).abs() < 1e-9 * nice,
                "{rough}: {}",
                nice_step(rough)
            );
        }
    }

    #[test]
    fn a_lone_line_is_not_stretched_by_its_own_rise() {
        let lines = [vec![10.0, 17_000.0], vec![9.0, 1_600.0]];
        assert!(!Scale::of_lines(&lines, Stretch::Ends(60.0), 0.0, 100.0).log);
        assert!(Scale::of_lines(&lines, Stretch::Values(60.0), 0.0, 100.0).log);
    }

    #[test]
    fn zero_has_a_place_on_a_logarithmic_scale() {
        let lines = [vec![0.0, 4.0, 2_000.0], vec![0.0, 1.0, 20.0]];
        let scale = Scale::of_lines(&lines, Stretch::Ends(60.0), 0.0, 100.0);
        assert!(scale.log && scale.ticks()[0] == 0.0);
        let places: Vec<f64> = [0.0, 1.0, 4.0, 2_000.0].map(|value| scale.at(value)).into();
        assert!(
            places.windows(2).all(|pair| pair[1] - pair[0] > 5.0),
            "{places:?}"
        );
    }

    proptest! {
        #[test]
        fn every_scale_holds_its_values_and_has_a_few_ticks(values in prop::collection::vec(1e-3..1e6f64, 1..20)) {
            let scale = Scale::of_lines(std::slice::from_ref(&values), Stretch::Values(60.0), 0.0, 100.0);
            for value in &values {
                prop_assert!((0.0..=100.0).contains(&scale.at(*value)), "{value} at {}", scale.at(*value));
            }
            let ticks = scale.ticks();
            prop_assert!((2..=14).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn larger_values_are_never_further_back(a in 1e-3..1e6f64, b in 1e-3..1e6f64) {
            let scale = Scale::of_lines(&[vec![a, b]], Stretch::Values(60.0), 0.0, 100.0);
            prop_assert_eq!(a <= b, scale.at(a) <= scale.at(b));
        }
    }
}
