//! The book of a run: records go to the store, events to the display, and the analysis judges.

use std::time::Instant;

use toll_core::event::Event;
use toll_core::failure::Failure;
use toll_core::sample::{Block, Instrument};
use toll_core::settings::Settings;
use toll_lab::ledger::{Judgement, Ledger, LedgerError};
use toll_store::{Origin, Store};

use crate::printer::{Course, Progress};

/// Keeps records, shows what happens, and says when it is enough.
pub(super) struct Book {
    store: Store,
    settings: Settings,
    progress: Progress,
    course: Course,
    start: Instant,
}

impl Book {
    pub(super) fn new(
        store: Store,
        settings: Settings,
        progress: Progress,
        course: Course,
    ) -> Self {
        Self {
            store,
            settings,
            progress,
            course,
            start: Instant::now(),
        }
    }

    /// Ends the display and gives the record back.
    pub(super) fn close(self) -> Store {
        self.progress.clear();
        self.store
    }
}

impl Ledger for Book {
    fn event(&mut self, event: Event) {
        self.progress.event(&event, &mut self.course);
    }

    fn block(&mut self, block: &Block) -> Result<(), LedgerError> {
        Ok(self.store.record_block(block)?)
    }

    fn failure(
        &mut self,
        (series, instrument, middlewares): (usize, Instrument, u32),
        failure: &Failure,
    ) -> Result<(), LedgerError> {
        let cell = Some((instrument, middlewares));
        Ok(self.store.record_failure(series, cell, failure)?)
    }

    fn hidden_layers(&mut self, series: usize, layers: &[String]) -> Result<(), LedgerError> {
        Ok(self
            .store
            .set_hidden_layers(series, Origin::Framework, layers)?)
    }

    fn judge(&mut self, series: usize, instrument: Instrument) -> Result<Judgement, LedgerError> {
        // A run that is killed still has its time up to the last round.
        self.store
            .update_session(self.start.elapsed().as_secs_f64(), 0.0)?;
        let measured = self.store.load_series(series)?;
        let precision = toll_analysis::toll_precision(&measured, instrument, &self.settings);
        Ok(Judgement {
            precision: precision.half_width,
            done: precision.done,
        })
    }
}
