//! `asgi-toll load --self-check`: questions whose answers are known.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use toll_accuracy::experiments::{ALL, Experiment};
use toll_accuracy::generator::{External, Generator, Own};
use toll_accuracy::known::{self, Launcher};
use toll_accuracy::{AccuracyError, Bench, Length, check, with_generated};

use crate::exit::Exit;
use crate::printer::Printer;
use crate::stop;

/// The hidden verb that [`serve`]s.
const VERB: &str = "known-server";
/// The marks of the written part of a page.
const MARK: &str = "self-check";

/// What is asked for.
pub(crate) struct Wish<'a> {
    /// Longer experiments.
    pub(crate) full: bool,
    /// Only these questions, unless there are none.
    pub(crate) only: &'a [String],
    /// Other generators to be asked too.
    pub(crate) beside: &'a [String],
    /// A page whose marked part is to be written.
    pub(crate) markdown: Option<&'a Path>,
}

/// Exit code 0 when everything is within what is known, 1 when something of toll-load is out.
pub(crate) fn run(wish: &Wish<'_>, printer: Printer) -> anyhow::Result<Exit> {
    if let Some(page) = wish.markdown {
        // Better now than after minutes of measuring.
        written(page, "")?;
    }
    let launcher = Launcher {
        program: std::env::current_exe().context("the path of this program is not known")?,
        arguments: vec![VERB.to_owned()],
    };
    let mut bench = Bench::new(launcher, stop::flag()?);
    if wish.full {
        bench.length = Length::Full;
    }
    let others = wish
        .beside
        .iter()
        .map(|name| External::find(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut generators: Vec<&dyn Generator> = vec![&Own { spin: false }, &Own { spin: true }];
    generators.extend(others.iter().map(|other| other as &dyn Generator));
    let is_wanted = |question: &Experiment| {
        wish.only.is_empty() || wish.only.iter().any(|key| key == question.key)
    };
    let questions: Vec<Experiment> = ALL.into_iter().filter(is_wanted).collect();
    let asked = check(&bench, &generators, &questions, &mut |step| {
        let (done, all) = step.done;
        printer.talk(format!(
            "{}/{all} {} {}, attempt {}",
            done + 1,
            step.question,
            step.generator,
            step.attempt
        ));
    });
    let report = match asked {
        Err(AccuracyError::Interrupted) => return Ok(Exit::Interrupted),
        asked => asked?,
    };
    if let Some(page) = wish.markdown {
        let text = written(page, &report.markdown())?;
        fs::write(page, text).with_context(|| format!("{} cannot be written", page.display()))?;
    }
    if printer.json {
        printer.json(&report)?;
    } else {
        printer.data(&report.in_words())?;
    }
    // What other tools get wrong is told and is no failure of this one.
    let own = [Own { spin: false }, Own { spin: true }];
    Ok(if own.iter().all(|own| report.is_within(own.name())) {
        Exit::Done
    } else {
        Exit::Objection
    })
}

/// The page with these tables in its marked part.
fn written(path: &Path, tables: &str) -> anyhow::Result<String> {
    let shown = path.display();
    let page = fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    with_generated(&page, MARK, tables).ok_or_else(|| {
        anyhow!("{shown} has no lines <!-- {MARK}:begin --> and <!-- {MARK}:end -->; add them where the tables belong")
    })
}

/// The known server; ends with its parent.
pub(crate) fn serve(spec: &str) -> anyhow::Result<Exit> {
    known::serve(spec)?;
    Ok(Exit::Done)
}
