//! A count as a file has it: `340`, or both ends where it did not repeat, `[338, 346]`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A count, and how far it did not repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRange {
    /// The least that was seen.
    pub low: i64,
    /// The most.
    pub high: i64,
}

impl CountRange {
    /// How far it did not repeat; 0 where it is exact.
    pub fn width(self) -> i64 {
        self.high - self.low
    }
}

impl From<i64> for CountRange {
    fn from(count: i64) -> Self {
        Self {
            low: count,
            high: count,
        }
    }
}

impl fmt::Display for CountRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "{}", self.low)
        } else {
            write!(f, "{} … {}", self.low, self.high)
        }
    }
}

struct RangeVisitor;

impl<'de> Visitor<'de> for RangeVisitor {
    type Value = CountRange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or its ends such as [338, 346]")
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<CountRange, E> {
        Ok(CountRange::from(count))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ends: A) -> Result<CountRange, A::Error> {
        let wrong = || A::Error::custom("the ends of a count are two, the lower one first");
        let low: i64 = ends.next_element()?.ok_or_else(wrong)?;
        let high: i64 = ends.next_element()?.ok_or_else(wrong)?;
        if low > high || ends.next_element::<i64>()?.is_some() {
            return Err(wrong());
        }
        Ok(CountRange { low, high })
    }
}

impl<'de> Deserialize<'de> for CountRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RangeVisitor)
    }
}
