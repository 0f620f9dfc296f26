//! The search itself: which rate to try next. It sends nothing and knows no clock.

/// Half the rate of the closed loop is the first guess.
const FIRST_GUESS: f64 = 0.5;
/// The closed loop's rate times this is taken for too much until it is reached.
const TAKEN_FOR_TOO_MUCH: f64 = 1.1;
/// No rate above the closed loop's times this is tried.
const MOST: f64 = 20.0;

/// Why a rate is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To come closer.
    Search,
    /// The same again, because one failure may be noise.
    Repeat,
    /// A longer look at what seems to be the limit.
    Confirm,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Try this rate, in requests per second.
    Try(f64, Purpose),
    /// The search is over. The limit is what [`Search::held`] says.
    Done,
}

/// A bracketing search on a geometric grid. A rate has failed when it failed twice; the limit is a rate that held for
/// a longer look, while the next one of the grid did not hold.
#[derive(Debug, Clone)]
pub struct Search {
    /// Rate number 0 of the grid.
    anchor: f64,
    /// From one rate to the next.
    factor: f64,
    lowest: i64,
    highest: i64,
    /// Above what held, and not yet known to fail.
    assumed: i64,
    /// How far the next leap goes.
    leap: i64,
    held: Option<i64>,
    failed: Option<i64>,
    failures_here: u32,
    /// Looks are long from here on.
    confirming: bool,
}

impl Search {
    /// A search around `capacity`, the rate of a closed loop, with rates that are `resolution` apart (0.05: 5 %), none
    /// below `lowest_rate`.
    pub fn new(capacity: f64, resolution: f64, lowest_rate: f64) -> Search {
        let (anchor, factor) = (capacity.max(lowest_rate), 1.0 + resolution);
        let index = |share: f64| (share.ln() / factor.ln()).round() as i64;
        let leap = -index(FIRST_GUESS);
        Search {
            anchor,
            factor,
            lowest: index(lowest_rate / anchor),
            highest: index(MOST),
            assumed: index(TAKEN_FOR_TOO_MUCH).max(1),
            leap: leap.max(1),
            held: None,
            failed: None,
            failures_here: 0,
            confirming: false,
        }
    }

    fn rate(&self, index: i64) -> f64 {
        self.anchor * self.factor.powi(index as i32)
    }

    /// The highest rate that held so far, and has not failed a longer look.
    pub fn held(&self) -> Option<f64> {
        self.held.map(|index| self.rate(index))
    }

    /// Whether [`Search::held`] has been confirmed by a longer look.
    pub fn is_confirmed(&self) -> bool {
        self.confirming && self.held.is_some()
    }

    /// What to do next.
    pub fn next(&self) -> Step {
        let Some(index) = self.next_index() else {
            return Step::Done;
        };
        let purpose = match (self.failures_here, self.confirming || self.is_narrow()) {
            (1.., _) => Purpose::Repeat,
            (_, true) => Purpose::Confirm,
            _ => Purpose::Search,
        };
        Step::Try(self.rate(index), purpose)
    }

    /// Whether the next try is a longer one.
    pub fn is_long(&self) -> bool {
        self.confirming || self.is_narrow()
    }

    fn next_index(&self) -> Option<i64> {
        match (self.held, self.failed) {
            (None, None) => Some((-self.leap).max(self.lowest)),
            (None, Some(failed)) if failed <= self.lowest => None,
            (None, Some(failed)) => Some((failed - self.leap).max(self.lowest)),
            (Some(held), _) if self.is_narrow() => (!self.confirming).then_some(held),
            (Some(held), failed) => Some(middle(held, failed.unwrap_or(self.assumed))),
        }
    }

    /// Nothing is left between what held and what did not.
    fn is_narrow(&self) -> bool {
        self.held.is_some_and(|held| match self.failed {
            Some(failed) => failed - held <= 1,
            None => held >= self.highest,
        })
    }

    /// What came of the try that [`Search::next`] asked for.
    pub fn record(&mut self, holds: bool) {
        let Some(index) = self.next_index() else {
            return;
        };
        let confirms = self.is_narrow();
        if !holds && self.failures_here == 0 {
            self.failures_here = 1;
            return;
        }
        self.failures_here = 0;
        if confirms {
            // From here on only longer looks count, and leaps are small.
            (self.confirming, self.leap) = (true, 1);
        }
        if holds {
            self.rise(index);
        } else {
            self.fall(index);
        }
    }

    fn rise(&mut self, index: i64) {
        self.held = Some(index);
        if self.failed.is_none() && index + 1 >= self.assumed {
            self.assumed = (index + 1 + 2 * self.leap).min(self.highest + 1);
        }
    }

    fn fall(&mut self, index: i64) {
        let leaps = self.held.is_none() && self.failed.is_some();
        self.failed = Some(index);
        self.held = self.held.filter(|held| *held < index);
        if leaps {
            self.leap *= 2;
        }
    }
}

/// Between the two, at least one above the lower.
fn middle(low: i64, high: i64) -> i64 {
    (low + (high - low) / 2).max(low + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Tries until it is done; how often that was, at most `patience` times.
    fn drive(search: &mut Search, mut holds: impl FnMut(f64) -> bool) -> u32 {
        for tries in 0..1_000 {
            match search.next() {
                Step::Try(rate, _) => {
                    let holds = holds(rate);
                    search.record(holds);
                }
                Step::Done => return tries,
            }
        }
        panic!("no end: {search:?}");
    }

    #[test]
    fn one_failure_is_repeated_and_the_end_is_confirmed() {
        let mut search = Search::new(1000.0, 0.05, 1.0);
        let mut seen = Vec::new();
        while let Step::Try(rate, purpose) = search.next() {
            seen.push((rate, purpose, search.is_long()));
            search.record(rate <= 700.0);
        }
        assert!((seen[0].0 - 500.0).abs() < 15.0 && seen[0].1 == Purpose::Search);
        let failed = seen.iter().filter(|(rate, ..)| *rate > 700.0).count();
        let repeats = seen.iter().filter(|step| step.1 == Purpose::Repeat).count();
        assert_eq!(failed, 2 * repeats);
        let last = seen.last().unwrap();
        assert_eq!((last.1, last.2), (Purpose::Confirm, true));
        assert!(search.is_confirmed() && search.held() == Some(last.0));
    }

    #[test]
    fn a_goal_that_nothing_holds_ends_at_the_lowest_rate() {
        let mut search = Search::new(1000.0, 0.05, 10.0);
        let mut least = f64::MAX;
        drive(&mut search, |rate| {
            least = least.min(rate);
            false
        });
        assert_eq!(search.held(), None);
        assert!((least - 10.0).abs() < 0.5, "{least}");
    }

    #[test]
    fn a_limit_that_a_longer_look_refutes_is_lowered() {
        let mut search = Search::new(1000.0, 0.05, 1.0);
        while let Step::Try(rate, _) = search.next() {
            let limit = if search.is_long() { 600.0 } else { 800.0 };
            search.record(rate <= limit);
        }
        let held = search.held().unwrap();
        assert!((570.0..=600.0).contains(&held), "{held}");
    }

    #[test]
    fn what_never_fails_ends_too() {
        let mut search = Search::new(1000.0, 0.05, 1.0);
        drive(&mut search, |_| true);
        assert!(search.held().unwrap() > 10_000.0);
    }

    proptest! {
        #[test]
        fn a_server_with_a_limit_is_found_within_one_step(capacity in 1.0_f64..1e6, share in 0.01_f64..8.0, resolution in 0.01_f64..0.3) {
            let limit = capacity * share;
            let mut search = Search::new(capacity, resolution, capacity * 0.005);
            let tries = drive(&mut search, |rate| rate <= limit);
            let held = search.held().unwrap();
            prop_assert!(held <= limit && limit < held * (1.0 + resolution) * 1.000_001, "{held} for {limit}");
            prop_assert!(search.is_confirmed() && tries <= 60, "{tries}");
        }

        #[test]
        fn noise_moves_the_limit_only_a_little(share in 0.05_f64..1.0, luck in proptest::collection::vec(0.0_f64..1.0, 1_000)) {
            let limit = 1000.0 * share;
            let mut search = Search::new(1000.0, 0.05, 5.0);
            let mut luck = luck.into_iter();
            // Within 10 % of the limit anything may happen; elsewhere the outcome is sure.
            drive(&mut search, |rate| luck.next().unwrap() < 0.5 - (rate / limit - 1.0) * 5.0);
            let held = search.held().unwrap();
            prop_assert!((0.85..1.1).contains(&(held / limit)), "{held} for {limit}");
        }
    }
}
