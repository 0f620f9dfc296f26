//! What the gate promises, tried on simulated machines: false alarms are as rare as it says whatever
//! the noise, and true changes are found.

use std::f64::consts::PI;

use toll_stats::gate::{Decision, Evidence, Gate, detectable};
use toll_stats::{Random, holm, signed_rank};

const LEVEL: f64 = 0.010;
const MARGIN: f64 = 0.02;

/// Logarithms of times on a shared machine: its speed drifts, every process is a little faster or
/// slower than the last, and now and then something gets in the way.
struct Machine {
    random: Random,
    speed: f64,
}

impl Machine {
    const CORRELATION: f64 = 0.9;

    fn new(seed: u64) -> Self {
        let mut random = Random::from_seed(seed);
        let speed = 0.03 * random.standard_normal();
        Self { random, speed }
    }

    fn slot(&mut self) -> f64 {
        let fresh = 0.03 * (1.0 - Self::CORRELATION.powi(2)).sqrt();
        self.speed = Self::CORRELATION * self.speed + fresh * self.random.standard_normal();
        let process = 0.01 * self.random.standard_normal();
        let white = 0.01 * self.random.standard_normal();
        self.speed + process + white + self.spike()
    }

    /// Up to 15 % in 5 % of the slots.
    fn spike(&mut self) -> f64 {
        let is_hit = self.random.uniform() < 0.05;
        let height = 0.15 * self.random.uniform();
        if is_hit { height.ln_1p() } else { 0.0 }
    }

    /// A round: two slots, the changed version in one of them by a coin.
    fn difference(&mut self, change: f64) -> f64 {
        let (first, second) = (self.slot(), self.slot());
        let is_changed_first = self.random.below(2) == 0;
        let difference = if is_changed_first {
            first - second
        } else {
            second - first
        };
        difference + change.ln_1p()
    }

    fn differences(&mut self, rounds: usize, change: f64) -> Vec<f64> {
        (0..rounds).map(|_| self.difference(change)).collect()
    }
}

/// How many of `runs` ended in which way.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    above: usize,
    below: usize,
    within: usize,
    rounds: usize,
}

impl Tally {
    fn count(&mut self, decision: Decision, rounds: usize) {
        self.runs += 1;
        self.rounds += rounds;
        match decision {
            Decision::Above => self.above += 1,
            Decision::Below => self.below += 1,
            Decision::Within => self.within += 1,
            Decision::Open => {}
        }
    }

    fn share(&self, count: usize) -> f64 {
        count as f64 / self.runs as f64
    }
}

/// The largest share that can be seen in `runs` where the true one is at most [`LEVEL`]: three
/// standard errors above.
fn largest_share(runs: usize) -> f64 {
    LEVEL + 3.0 * (LEVEL * (1.0 - LEVEL) / runs as f64).sqrt()
}

/// Plays a comparison from look to look until it is decided.
fn play(mut round: impl FnMut() -> f64, margin: f64) -> (Decision, usize) {
    let gate = Gate::default();
    let mut differences = Vec::new();
    while let Some(look) = gate.next_look(differences.len()) {
        differences.resize_with(look, &mut round);
        let evidence = gate.evidence(&differences, margin);
        let decision = evidence.decision(LEVEL, LEVEL, look == gate.rounds_max());
        if decision != Decision::Open {
            return (decision, look);
        }
    }
    (Decision::Open, differences.len())
}

fn tally(seed: u64, runs: usize, change: f64, margin: f64) -> Tally {
    let margin = f64::ln_1p(margin);
    let mut machine = Machine::new(seed);
    let mut tally = Tally::default();
    for _ in 0..runs {
        let (decision, rounds) = play(|| machine.difference(change), margin);
        tally.count(decision, rounds);
    }
    tally
}

#[test]
fn no_change_raises_no_more_alarms_than_promised() {
    let tally = tally(1, 20_000, 0.0, 0.0);
    let largest = largest_share(tally.runs);
    assert!(tally.share(tally.above) <= largest, "{tally:?}");
    assert!(tally.share(tally.below) <= largest, "{tally:?}");
    assert_eq!(tally.within, 0);
}

#[test]
fn no_change_is_cleared_of_a_margin() {
    let tally = tally(2, 5_000, 0.0, MARGIN);
    assert_eq!((tally.above, tally.below), (0, 0));
    assert!(tally.share(tally.within) >= 0.75, "{tally:?}");
}

#[test]
fn a_change_as_large_as_the_margin_is_neither_flagged_nor_cleared() {
    let tally = tally(3, 20_000, MARGIN, MARGIN);
    let largest = largest_share(tally.runs);
    assert!(tally.share(tally.above) <= largest, "{tally:?}");
    assert!(tally.share(tally.within) <= largest, "{tally:?}");
    assert_eq!(tally.below, 0);
}

#[test]
fn larger_changes_are_flagged_and_sooner() {
    let double = tally(4, 5_000, 0.04, MARGIN);
    let triple = tally(5, 5_000, 0.06, MARGIN);
    assert!(double.share(double.above) >= 0.75, "{double:?}");
    assert!(triple.share(triple.above) >= 0.99, "{triple:?}");
    assert_eq!(double.within + triple.within, 0);
    assert!(triple.rounds < double.rounds);
}

#[test]
fn heavy_tails_raise_no_more_alarms_than_promised() {
    // Cauchy's distribution, which has neither mean nor deviation.
    let mut random = Random::from_seed(6);
    let mut tally = Tally::default();
    for _ in 0..20_000 {
        let (decision, rounds) = play(|| (PI * (random.uniform() - 0.5)).tan(), 0.0);
        tally.count(decision, rounds);
    }
    let largest = largest_share(tally.runs);
    assert!(tally.share(tally.above) <= largest, "{tally:?}");
    assert!(tally.share(tally.below) <= largest, "{tally:?}");
}

/// The negative control: without levels of their own, looks add up.
#[test]
fn looking_after_every_round_raises_more_alarms() {
    let mut machine = Machine::new(7);
    let runs = 5_000;
    let alarms = (0..runs)
        .filter(|_| {
            let differences = machine.differences(32, 0.0);
            (8..=32).any(|rounds| signed_rank::p_above(&differences[..rounds], 0.0) <= LEVEL)
        })
        .count();
    let share = alarms as f64 / runs as f64;
    assert!(share > 2.0 * largest_share(runs), "{share}");
}

#[test]
fn a_family_of_comparisons_raises_no_more_alarms_than_one() {
    let mut machine = Machine::new(8);
    let gate = Gate::default();
    let (runs, comparisons) = (10_000, 5);
    let (mut adjusted, mut alone) = (0, 0);
    for _ in 0..runs {
        let mut above = || gate.evidence(&machine.differences(32, 0.0), 0.0).above;
        let p: Vec<f64> = (0..comparisons).map(|_| above()).collect();
        let is_alarm = |p: &[f64]| p.iter().any(|p| *p <= LEVEL);
        adjusted += usize::from(is_alarm(&holm::adjusted(&p)));
        alone += usize::from(is_alarm(&p));
    }
    let share = |count: usize| count as f64 / runs as f64;
    assert!(
        share(adjusted) <= largest_share(runs),
        "{}",
        share(adjusted)
    );
    // The negative control: each by itself.
    assert!(share(alone) > largest_share(runs), "{}", share(alone));
}

#[test]
fn sequential_p_values_are_small_as_rarely_as_their_size_says() {
    let mut machine = Machine::new(9);
    let (gate, runs) = (Gate::default(), 20_000);
    let evidence: Vec<Evidence> = (0..runs)
        .map(|_| gate.evidence(&machine.differences(32, 0.0), 0.0))
        .collect();
    for size in [0.005, 0.01, 0.05, 0.2] {
        let small = evidence.iter().filter(|evidence| evidence.above <= size);
        let share = small.count() as f64 / f64::from(runs);
        let error = (size * (1.0 - size) / f64::from(runs)).sqrt();
        assert!(share <= size + 3.0 * error, "{size}: {share}");
    }
}

#[test]
fn what_is_called_detectable_is_mostly_found() {
    let mut machine = Machine::new(10);
    let noise = machine.differences(4_000, 0.0);
    let change = detectable(&noise, MARGIN.ln_1p(), 32).unwrap().exp_m1();
    let tally = tally(11, 5_000, change, MARGIN);
    assert!(tally.share(tally.above) >= 0.90, "{change}: {tally:?}");
}

#[test]
fn three_looks_find_somewhat_less_than_one_in_normal_noise() {
    let mut random = Random::from_seed(12);
    let noise: Vec<f64> = (0..4_000).map(|_| random.standard_normal()).collect();
    let change = detectable(&noise, 0.0, 32).unwrap();
    let mut tally = Tally::default();
    for _ in 0..10_000 {
        let (decision, rounds) = play(|| change + random.standard_normal(), 0.0);
        tally.count(decision, rounds);
    }
    let found = tally.share(tally.above);
    assert!((0.80..0.87).contains(&found), "{found}");
}
