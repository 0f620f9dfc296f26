//! From values to pixels, and where the ticks go.

/// Above this ratio between the largest and the smallest value an axis becomes logarithmic.
const LOG_RATIO: f64 = 60.0;

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
        }
    }

    /// A scale for these values that begins at zero, or is logarithmic where they differ too much
    /// to be seen beside one another.
    pub(super) fn of_values(values: &[f64], from: f64, to: f64) -> Self {
        let high = values.iter().copied().fold(f64::MIN, f64::max);
        let low = values.iter().copied().fold(f64::MAX, f64::min);
        if values.is_empty() || high <= 0.0 {
            return Self::linear(low.clamp(-1e12, 0.0), 1.0, from, to);
        }
        if low > 0.0 && high / low > LOG_RATIO {
            return Self {
                low: 10f64.powf((low.log10() * 3.0).floor() / 3.0),
                high: high * 1.15,
                from,
                to,
                log: true,
            };
        }
        Self::linear(low.min(0.0) * 1.05, high * 1.04, from, to)
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
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
        all.filter(|tick| (self.low..=self.high).contains(tick))
            .collect()
    }
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

    proptest! {
        #[test]
        fn every_scale_holds_its_values_and_has_a_few_ticks(values in prop::collection::vec(1e-3..1e6f64, 1..20)) {
            let scale = Scale::of_values(&values, 0.0, 100.0);
            for value in &values {
                prop_assert!((0.0..=100.0).contains(&scale.at(*value)), "{value} at {}", scale.at(*value));
            }
            let ticks = scale.ticks();
            prop_assert!((2..=14).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn larger_values_are_never_further_back(a in 1e-3..1e6f64, b in 1e-3..1e6f64) {
            let scale = Scale::of_values(&[a, b], 0.0, 100.0);
            prop_assert_eq!(a <= b, scale.at(a) <= scale.at(b));
        }
    }
}
