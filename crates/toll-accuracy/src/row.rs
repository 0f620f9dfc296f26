//! One thing that was expected, and what came.

use serde::Serialize;

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// A number without unit.
    Ratio,
}

/// How the measured value must lie to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Within the tolerance.
    Near,
    /// Not above.
    AtMost,
    /// Not below.
    AtLeast,
    /// There is no right value: it is told only.
    None,
}

/// Whether it was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was.
    Ok,
    /// It was not.
    Out,
    /// This generator cannot be asked.
    NotAsked,
    /// A figure that is neither right nor wrong.
    Told,
}

/// What was expected beside what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is.
    pub what: String,
    /// What was expected; absent where there is no right value.
    pub expected: Option<f64>,
    /// What was measured; absent where it was not asked.
    pub measured: Option<f64>,
    /// How far they may be apart.
    pub tolerance: Option<f64>,
    /// How they must lie to one another.
    pub bound: Bound,
    /// What all three are counted in.
    pub unit: Unit,
    /// Whether it was right.
    pub verdict: Verdict,
    /// Why it was not asked, or what else is to be said.
    pub note: Option<String>,
}

impl Row {
    /// `measured` must be within `tolerance` of `expected`.
    pub fn near(
        what: impl Into<String>,
        unit: Unit,
        (expected, measured): (f64, f64),
        tolerance: f64,
    ) -> Self {
        let right = (measured - expected).abs() <= tolerance;
        Self {
            tolerance: Some(tolerance),
            ..Self::judged(what, unit, Bound::Near, (expected, measured), right)
        }
    }

    /// `measured` must be exactly `expected`.
    pub fn equal(what: impl Into<String>, unit: Unit, expected: u64, measured: u64) -> Self {
        Self::near(what, unit, (expected as f64, measured as f64), 0.0)
    }

    /// `measured` must not be above `most`.
    pub fn at_most(what: impl Into<String>, unit: Unit, most: f64, measured: f64) -> Self {
        Self::judged(
            what,
            unit,
            Bound::AtMost,
            (most, measured),
            measured <= most,
        )
    }

    /// `measured` must not be below `least`.
    pub fn at_least(what: impl Into<String>, unit: Unit, least: f64, measured: f64) -> Self {
        Self::judged(
            what,
            unit,
            Bound::AtLeast,
            (least, measured),
            measured >= least,
        )
    }

    /// A figure without a right value.
    pub fn told(what: impl Into<String>, unit: Unit, measured: f64) -> Self {
        Self {
            what: what.into(),
            expected: None,
            measured: Some(measured),
            tolerance: None,
            bound: Bound::None,
            unit,
            verdict: Verdict::Told,
            note: None,
        }
    }

    /// What cannot be asked, and why.
    pub fn not_asked(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            measured: None,
            verdict: Verdict::NotAsked,
            note: Some(why.into()),
            ..Self::told(what, Unit::Ratio, 0.0)
        }
    }

    /// A question that could not be judged because there was nothing to judge: out.
    pub fn nothing(what: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Out,
            ..Self::not_asked(what, "nothing was measured")
        }
    }

    /// With a remark.
    #[must_use]
    pub fn remark(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    fn judged(
        what: impl Into<String>,
        unit: Unit,
        bound: Bound,
        (expected, measured): (f64, f64),
        right: bool,
    ) -> Self {
        Self {
            expected: Some(expected),
            bound,
            verdict: if right { Verdict::Ok } else { Verdict::Out },
            ..Self::told(what, unit, measured)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_the_bounds() {
        let near = |measured| Row::near("", Unit::Ns, (100.0, measured), 5.0).verdict;
        assert_eq!((near(105.0), near(95.0)), (Verdict::Ok, Verdict::Ok));
        assert_eq!((near(105.1), near(f64::NAN)), (Verdict::Out, Verdict::Out));
        let most = |measured| Row::at_most("", Unit::Ns, 1.0, measured).verdict;
        assert_eq!((most(1.0), most(1.1)), (Verdict::Ok, Verdict::Out));
        let least = |measured| Row::at_least("", Unit::Ns, 1.0, measured).verdict;
        assert_eq!((least(1.0), least(0.9)), (Verdict::Ok, Verdict::Out));
        assert_eq!(Row::equal("", Unit::Count, 7, 8).verdict, Verdict::Out);
    }
}
