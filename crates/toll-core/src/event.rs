//! What is happening: emitted while a plan is carried out, consumed by whoever shows progress.
//!
//! A display, a log and a JSON stream are peers; none of them changes what is measured.

use serde::Serialize;

use crate::failure::Failure;
use crate::sample::Instrument;

/// What a unit is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Fresh processes are coming up; the first answer of each is checked.
    Starting,
    /// Untimed requests.
    WarmingUp,
    /// Blocks are being measured.
    Measuring,
}

impl Step {
    /// In words, as a progress line shows it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::WarmingUp => "warming up",
            Self::Measuring => "measuring",
        }
    }
}

/// Something that happened. `label` names a series as the report does; rounds and blocks count from 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Measuring begins.
    RunStarted {
        /// Number of series that have an environment.
        series: usize,
        /// Number of cells in them.
        cells: usize,
        /// Seconds of wall time after which no new unit is begun.
        budget_s: u64,
    },
    /// One instrument begins with all its series.
    InstrumentStarted {
        /// The instrument.
        instrument: Instrument,
        /// Number of series that it measures.
        series: usize,
        /// Rounds that each of them gets at least.
        rounds: u32,
    },
    /// One round of one series takes a step.
    UnitStarted {
        /// The series.
        label: String,
        /// How it is measured.
        instrument: Instrument,
        /// The round.
        round: u32,
        /// The step.
        step: Step,
    },
    /// One block is stored.
    BlockDone {
        /// The series.
        label: String,
        /// How it is measured.
        instrument: Instrument,
        /// The round.
        round: u32,
        /// The block.
        block: u32,
        /// Number of blocks in a round.
        blocks: u32,
    },
    /// One cell has no number; the others of its series go on.
    CellFailed {
        /// The series.
        label: String,
        /// How it is measured.
        instrument: Instrument,
        /// The cell.
        middlewares: u32,
        /// Why.
        failure: Failure,
    },
    /// A whole series has no number by that instrument.
    SeriesFailed {
        /// The series.
        label: String,
        /// How it is measured.
        instrument: Instrument,
        /// Why.
        failure: Failure,
    },
    /// One round of one series is done.
    RoundDone {
        /// The series.
        label: String,
        /// How it is measured.
        instrument: Instrument,
        /// The round.
        round: u32,
        /// Half-width of the toll's interval relative to the toll, once there is one.
        precision: Option<f64>,
        /// Whether the series needs no further round.
        done: bool,
    },
    /// Nothing more will be measured.
    Finished {
        /// Whether it was stopped from outside before it was done.
        interrupted: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Stage;

    #[test]
    fn events_are_tagged_json() {
        let event = Event::UnitStarted {
            label: "falcon 4.0".to_owned(),
            instrument: Instrument::Direct,
            round: 1,
            step: Step::WarmingUp,
        };
        let json = serde_json::to_string(&event).expect("an event is plain data");
        assert_eq!(
            json,
            r#"{"event":"unit-started","label":"falcon 4.0","instrument":"direct","round":1,"step":"warming-up"}"#
        );
    }

    #[test]
    fn a_failure_is_part_of_its_event() {
        let failure = Failure::new(Stage::Verify, "layers-dropped", "asked for 5");
        let event = Event::CellFailed {
            label: "sanic".to_owned(),
            instrument: Instrument::Load,
            middlewares: 5,
            failure,
        };
        let json = serde_json::to_value(&event).expect("an event is plain data");
        assert_eq!(json["failure"]["code"], "layers-dropped");
    }
}
