//! When a comparison is done: at a look that decides its gates, or at the last one.

use toll_analysis::Precision;
use toll_analysis::compare::{Pair, Rules, family, standing};
use toll_core::plan::Plan;
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_store::{Store, StoreError};

use crate::job::{Judge, Question};

/// The gates of all pairs of a question.
pub(crate) struct Gates {
    pairs: Vec<Pair>,
    rules: Rules,
    settings: Settings,
    /// How many gates are judged together.
    family: usize,
}

impl Gates {
    pub(crate) fn new(question: &Question, plan: &Plan, rules: Rules) -> Self {
        let instruments = plan
            .series
            .first()
            .map_or(&[][..], |series| &series.instruments);
        Self {
            pairs: question.pairs.clone(),
            rules,
            settings: plan.settings.clone(),
            family: family(question.pairs.len(), instruments),
        }
    }
}

impl Judge for Gates {
    fn judge(
        &self,
        store: &Store,
        series: usize,
        instrument: Instrument,
    ) -> Result<Precision, StoreError> {
        let pair = self.pairs.iter().find(|pair| pair.before.0 == series);
        let after = pair.map_or(series, |pair| pair.after.0);
        let (before, after) = (store.load_series(series)?, store.load_series(after)?);
        let (rules, family) = (&self.rules, self.family);
        Ok(standing(
            (&before, &after),
            instrument,
            &self.settings,
            rules,
            family,
        ))
    }
}
