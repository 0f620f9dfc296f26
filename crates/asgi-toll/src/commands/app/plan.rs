//! From requests, and what a first look saw, to a plan: a series a request for each way to measure it, and
//! one for another environment.

use std::collections::BTreeMap;

use toll_core::audit::{BARE, CHANGED, Change, WHOLE, cell_of};
use toll_core::axes::{self, Axes};
use toll_core::failure::Failure;
use toll_core::levels::Levels;
use toll_core::plan::{Plan, PythonRequest, SeriesPlan};
use toll_core::sample::Instrument;
use toll_core::settings::Settings;
use toll_core::subject::{Kind, Mark, Style, Subject};
use toll_core::workload::{Protocol, Workload};
use toll_lab::instrument::Inspected;

use super::served::{self, Chosen};
use crate::catalogue::Shelf;

/// The name of what is measured, where suites have a framework's.
const SUBJECT: &str = "app";
/// The kinds of its series.
pub(super) const VARIANTS: &str = "variants";
pub(super) const BORDERS: &str = "borders";
pub(super) const SERVED: &str = "served";
/// Its variants in another environment.
pub(super) const UPGRADED: &str = "upgraded";
/// Never started, but for what is served: a request is made in-process.
const SERVER: &str = "uvicorn";

/// Blocks in a round, and CPU time of a slice: many short ones, because what differs between variants is
/// a small part of what they share.
const BLOCKS: u32 = 16;
const SLICE_MS: u64 = 3;
/// An interval needs six rounds of fresh processes. These are all, unless something asks for more.
const LEAST_ROUNDS: u32 = 6;
const MOST_ROUNDS: u32 = 24;
const TIMEOUT_MS: u64 = 30_000;

/// What an audit is made of.
pub(super) struct Draft<'a> {
    pub(super) app: &'a str,
    pub(super) event_loop: &'a str,
    pub(super) lifespan: &'a str,
    /// Wall seconds, all requests together.
    pub(super) budget_s: u64,
    /// Whether intervals are enough, however wide: nothing asks for more time.
    pub(super) is_brief: bool,
    /// How it is measured.
    pub(super) instruments: &'a [Instrument],
    /// The server, where it is put under load.
    pub(super) server: Option<Chosen>,
}

/// A request, and what a first look saw.
pub(super) struct Seen {
    pub(super) request: Workload,
    pub(super) today: Inspected,
    /// In the other environment, or why it does not answer there.
    pub(super) upgraded: Option<Result<Inspected, Failure>>,
}

impl Seen {
    /// What is measured in the other environment: an application that answers as it does today.
    pub(super) fn comparable(&self) -> Option<&Inspected> {
        let upgraded = self.upgraded.as_ref()?.as_ref().ok()?;
        let same = upgraded.first.answer.status == self.today.first.answer.status;
        same.then_some(upgraded)
    }

    /// What is changed in today's, where that can be compared.
    fn change(&self) -> Option<&Change> {
        let changed = self.today.changed.as_ref();
        changed
            .filter(|(_, answer)| answer.is_possible())
            .map(|(change, _)| change)
    }
}

impl Draft<'_> {
    /// One series a request, of the whole application alone, and another in the other environment.
    pub(super) fn to_inspect(&self, requests: &[Workload], kinds: &[&str]) -> Plan {
        let counts = || vec![Instrument::Counts];
        let of = |request| {
            let kinds = kinds.iter();
            kinds.map(move |kind| self.series(request, kind, vec![WHOLE], counts()))
        };
        self.plan(requests.iter().flat_map(of).collect())
    }

    /// For each request its variants, its layers by themselves, its variants in the other environment,
    /// and the whole under a server, as far as they are asked for.
    pub(super) fn to_measure(&self, seen: &[Seen]) -> Plan {
        self.plan(seen.iter().flat_map(|one| self.of_request(one)).collect())
    }

    fn of_request(&self, seen: &Seen) -> Vec<SeriesPlan> {
        let (today, comparable) = (&seen.today, seen.comparable());
        let mut levels = variants(today);
        levels.extend(seen.change().map(|_| CHANGED));
        // There is nothing to compare the whole with where nothing can be changed; then the other way
        // knows the whole as well.
        let is_alone =
            levels.len() == 1 && comparable.is_none() && self.asks(Instrument::Exclusive);
        let mut by_variants = vec![Instrument::Counts];
        by_variants.extend((!is_alone).then_some(Instrument::Ablation));
        let kinds = [
            Some((VARIANTS, levels, by_variants.clone())),
            Some((BORDERS, borders(today), vec![Instrument::Exclusive])),
            comparable.map(|upgraded| (UPGRADED, variants(upgraded), by_variants)),
            Some((SERVED, served::cells(today), vec![Instrument::Load])),
        ];
        let asked = kinds.into_iter().flatten().filter_map(|(kind, cells, by)| {
            let by: Vec<Instrument> = by.into_iter().filter(|by| self.asks(*by)).collect();
            (!by.is_empty()).then(|| self.series(&seen.request, kind, cells, by))
        });
        asked.map(|series| self.completed(seen, series)).collect()
    }

    fn asks(&self, instrument: Instrument) -> bool {
        self.instruments.contains(&instrument)
    }

    /// The series with what only its kind has: a change, or a server.
    fn completed(&self, seen: &Seen, series: SeriesPlan) -> SeriesPlan {
        match (series.axes.get(axes::KIND), &self.server) {
            (VARIANTS, _) => SeriesPlan {
                change: seen.change().cloned().unwrap_or_default(),
                ..series
            },
            (SERVED, Some(chosen)) => served::under(chosen, &seen.today, series),
            _ => series,
        }
    }

    fn plan(&self, series: Vec<SeriesPlan>) -> Plan {
        Plan {
            suite: format!("app {}", self.app),
            description: String::new(),
            settings: Settings {
                rounds_min: LEAST_ROUNDS,
                rounds_max: if self.is_brief {
                    LEAST_ROUNDS
                } else {
                    MOST_ROUNDS
                },
                timeout_ms: TIMEOUT_MS,
                budget_s: self.budget_s,
                direct_blocks: BLOCKS,
                direct_slice_ms: SLICE_MS,
                count_rounds: 1,
                count_repeats: 2,
                ..Settings::default()
            },
            quick: false,
            series,
            not_applicable: Vec::new(),
        }
    }

    fn series(
        &self,
        request: &Workload,
        kind: &str,
        levels: Vec<u32>,
        instruments: Vec<Instrument>,
    ) -> SeriesPlan {
        let mut named = Axes::default();
        for (axis, value) in [
            (axes::FRAMEWORK, self.app),
            (axes::LOOP, self.event_loop),
            (axes::KIND, kind),
            (axes::WORKLOAD, &request.name),
        ] {
            named.set(axis, value);
        }
        SeriesPlan {
            axes: named,
            requirements: Vec::new(),
            python: PythonRequest::Newest,
            exclude_newer: None,
            subject: SUBJECT.to_owned(),
            server: SERVER.to_owned(),
            levels: Levels::Listed(levels),
            instruments,
            definition: String::new(),
            apart: toll_core::plan::Apart::default(),
            change: Change::default(),
        }
    }

    /// Puts what the plan names where it is looked for.
    pub(super) fn shelve(&self, shelf: &mut Shelf, requests: &[Workload]) {
        let kinds = [VARIANTS, BORDERS, UPGRADED, SERVED].map(|name| (name.to_owned(), kind()));
        let subject = Subject {
            name: SUBJECT.to_owned(),
            distribution: String::new(),
            port: None,
            requires: Vec::new(),
            lifespan: self.lifespan.to_owned(),
            kinds: kinds.into_iter().collect(),
            not_applicable: BTreeMap::new(),
        };
        let catalogue = &mut shelf.catalogue;
        catalogue.subjects.insert(SUBJECT.to_owned(), subject);
        let named = requests
            .iter()
            .map(|request| (request.name.clone(), request.clone()));
        catalogue.workloads.extend(named);
    }
}

/// The place in a plan of a request's series of one kind, if there is one.
pub(super) fn place_of(plan: &Plan, request: &str, kind: &str) -> Option<usize> {
    let is_it = |series: &SeriesPlan| {
        (series.axes.get(axes::WORKLOAD), series.axes.get(axes::KIND)) == (request, kind)
    };
    plan.series.iter().position(is_it)
}

/// The whole, without each layer that can be taken out, and without all of these.
fn variants(seen: &Inspected) -> Vec<u32> {
    let possible = seen
        .removals
        .iter()
        .enumerate()
        .filter(|(_, removal)| removal.is_possible());
    let mut levels = vec![WHOLE];
    levels.extend(possible.map(|(place, _)| cell_of(place)));
    // With a single one, without all is without that one.
    if levels.len() > 2 {
        levels.push(BARE);
    }
    levels
}

/// The whole, every layer, and what is inside of all of them.
fn borders(seen: &Inspected) -> Vec<u32> {
    let layers = (0..seen.layers.len()).map(cell_of);
    std::iter::once(WHOLE).chain(layers).chain([BARE]).collect()
}

/// Layers that leave no mark of ours: they are somebody's own.
fn kind() -> Kind {
    Kind {
        style: Style::Layer,
        mark: Mark::Stack,
        about: String::new(),
        docs: String::new(),
        requires: Vec::new(),
        scopes: vec![Protocol::Http],
        asgi: false,
        proves: BTreeMap::new(),
    }
}
