//! The book of a job: records go to the store, events to the display, and the analysis judges.

use std::sync::Arc;
use std::time::Instant;

use toll_analysis::Precision;
use toll_core::event::Event;
use toll_core::failure::Failure;
use toll_core::sample::{Block, Instrument};
use toll_core::settings::Settings;
use toll_lab::ledger::{Judgement, Ledger, LedgerError};
use toll_store::{Origin, Store, StoreError};

use crate::printer::{Course, Progress};

/// Says when enough has been measured: the rule that a verb hands to the lab.
pub(crate) trait Judge {
    /// How far the comparison of a series has come by one instrument; `series` is the first of it.
    ///
    /// # Errors
    /// The record cannot be read.
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError>;
}

/// Each series stands for itself: enough is when its toll is known as precisely as was asked for.
pub(crate) struct Tolls(pub(crate) Settings);

impl Judge for Tolls {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let measured = store.load_series(series)?;
        Ok(toll_analysis::toll_precision(
            &measured, instrument, &self.0,
        ))
    }
}

/// Keeps records, shows what happens, and says when it is enough.
pub(super) struct Book {
    store: Store,
    judge: Arc<dyn Judge>,
    progress: Progress,
    course: Course,
    start: Instant,
}

impl Book {
    pub(super) fn new(
        store: Store,
        judge: Arc<dyn Judge>,
        progress: Progress,
        course: Course,
    ) -> Self {
        Self {
            store,
            judge,
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
        let precision = self.judge.judge(&self.store, series, instrument)?;
        Ok(Judgement {
            precision: precision.half_width,
            done: precision.done,
        })
    }
}
