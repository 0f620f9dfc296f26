//! What a search knows, kept in its folder so that it can go on: what is asked, and what was counted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use toll_analysis::bisect::{Probed, Skipped};

use super::range::refuse_ends;
use crate::cli::{BisectArgs, HeldArgs, HistoryArgs};
use crate::comparing::{Planned, Side};
use crate::folder::Folder;

const FILE: &str = "search.json";

/// What a search knows.
#[derive(Serialize, Deserialize)]
pub(in crate::commands) struct State {
    /// Where it is written down.
    #[serde(skip)]
    pub(in crate::commands) folder: Folder,
    pub(in crate::commands) distribution: String,
    pub(in crate::commands) good: String,
    pub(in crate::commands) bad: String,
    pub(in crate::commands) all: bool,
    pub(in crate::commands) pre: bool,
    pub(in crate::commands) include: Vec<String>,
    pub(in crate::commands) held: HeldArgs,
    /// Releases as the index listed them when the search began.
    pub(in crate::commands) releases: Vec<String>,
    /// The Python on which all are measured.
    pub(in crate::commands) python: Option<String>,
    /// The distributions that are held still: those of the good end.
    pub(in crate::commands) lock: Vec<String>,
    /// By version.
    pub(in crate::commands) known: BTreeMap<String, Known>,
}

/// What is known of one release.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::commands) enum Known {
    Probed(Probed),
    Skipped(Skipped),
}

impl State {
    /// A new search, or the rest of an old one.
    pub(in crate::commands) fn open(args: &BisectArgs) -> anyhow::Result<Self> {
        if let Some(dir) = &args.resume {
            return Self::reopened(dir, &args.held);
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        refuse_ends(text(&args.good).trim(), text(&args.bad).trim())?;
        let distribution = toll_core::requirement::distribution(text(&args.distribution).trim());
        // Mistakes of the command line are told before there is a folder.
        Planned::of(
            &Side::release(&distribution, text(&args.good).trim()),
            &args.held,
        )?;
        let folder = new_folder(args.out.as_deref(), "bisect")?;
        Ok(Self {
            folder,
            distribution,
            good: text(&args.good).trim().to_owned(),
            bad: text(&args.bad).trim().to_owned(),
            all: args.all,
            pre: args.pre,
            include: args.include.clone(),
            held: args.held.clone(),
            releases: Vec::new(),
            python: None,
            lock: Vec::new(),
            known: BTreeMap::new(),
        })
    }

    /// What is searched is taken from the folder; a budget may be given anew.
    fn reopened(dir: &Path, held: &HeldArgs) -> anyhow::Result<Self> {
        let text = fs::read_to_string(dir.join(FILE)).with_context(|| {
            format!(
                "{} is not the folder of a search: it has no {FILE}",
                dir.display()
            )
        })?;
        let mut known: Self = serde_json::from_str(&text)
            .with_context(|| format!("{FILE} in {} cannot be read", dir.display()))?;
        if held.budget.is_some() {
            known.held.budget.clone_from(&held.budget);
        }
        Ok(Self {
            folder: Folder::for_reports(dir)?,
            ..known
        })
    }

    /// The same knowledge for a history.
    pub(in crate::commands) fn of_history(args: &HistoryArgs) -> anyhow::Result<Self> {
        if let Some(dir) = &args.resume {
            return Self::reopened(dir, &args.held);
        }
        if let (Some(from), Some(to)) = (&args.from, &args.to) {
            refuse_ends(from, to)?;
        }
        let folder = new_folder(args.out.as_deref(), "history")?;
        let end = |end: &Option<String>| end.clone().unwrap_or_default();
        Ok(Self {
            folder,
            distribution: toll_core::requirement::distribution(end(&args.distribution).trim()),
            good: end(&args.from),
            bad: end(&args.to),
            all: true,
            pre: args.pre,
            include: Vec::new(),
            held: args.held.clone(),
            releases: Vec::new(),
            python: None,
            lock: Vec::new(),
            known: BTreeMap::new(),
        })
    }

    /// Writes down what is known.
    pub(in crate::commands) fn keep(&self) -> anyhow::Result<()> {
        self.folder.keep(FILE, &serde_json::to_vec_pretty(self)?)
    }
}

/// A folder without a search.
fn new_folder(out: Option<&Path>, verb: &str) -> anyhow::Result<Folder> {
    let Some(out) = out else {
        return Folder::create(None, Timestamp::now());
    };
    if out.join(FILE).exists() {
        let out = out.display();
        bail!(
            "{out} has a search already; choose another folder, or go on with it: asgi-toll {verb} --resume {out}"
        );
    }
    Folder::for_reports(out)
}
