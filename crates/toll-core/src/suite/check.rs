//! Values of a suite that stand for themselves: instruments, days, versions, levels.

use toml::Spanned;

use crate::diagnostic::{Diagnostic, Source};
use crate::levels::{self, Levels};
use crate::plan::{LATEST, NEWEST, PythonRequest};
use crate::requirement;
use crate::sample::Instrument;
use crate::suite::series::Choice;
use crate::wire::suite::Date;
use crate::wire::{LevelList, OneOrMany};

pub(super) fn instruments(
    source: Source<'_>,
    written: Option<&OneOrMany>,
) -> Result<Vec<Instrument>, Diagnostic> {
    let Some(written) = written else {
        return Ok(Instrument::ALL.to_vec());
    };
    if written.items.is_empty() {
        return Err(source.at(written.span.clone(), "the list of instruments is empty"));
    }
    let known = Instrument::ALL.map(|instrument| (instrument.name(), instrument));
    let mut chosen = Vec::new();
    for item in &written.items {
        let instrument = source.one_of(item, "instrument", known)?;
        if chosen.contains(&instrument) {
            let message = format!("the instrument `{}` is named twice", instrument.name());
            return Err(source.at(item.span(), message));
        }
        chosen.push(instrument);
    }
    Ok(chosen)
}

pub(super) fn exclude_newer(
    source: Source<'_>,
    written: Option<&Spanned<Date>>,
) -> Result<Option<String>, Diagnostic> {
    let Some(written) = written else {
        return Ok(None);
    };
    let text = &written.get_ref().0;
    let parsed = text.parse::<toml::value::Datetime>().ok().filter(|day| {
        // A moment without an offset would mean another moment on another machine.
        day.date.is_some() && day.time.is_some() == day.offset.is_some()
    });
    match parsed {
        Some(_) => Ok(Some(text.clone())),
        None => Err(source
            .at(written.span(), format!("`{text}` is no day"))
            .help(
                "write a date such as \"2024-01-03\", or a moment such as \"2024-01-03T12:00:00Z\"",
            )),
    }
}

pub(super) fn levels(
    source: Source<'_>,
    written: &Spanned<LevelList>,
) -> Result<Levels, Diagnostic> {
    let whole = |message: String| source.at(written.span(), message);
    let items = match written.get_ref() {
        LevelList::Range(text) => return Levels::parse(text).map_err(whole),
        LevelList::List(items) => items,
    };
    let mut numbers = Vec::new();
    for item in items {
        let number = *item.get_ref();
        let level = u32::try_from(number)
            .map_err(|_| source.at(item.span(), format!("{number} is no number of middlewares")))?;
        if numbers.contains(&level) {
            return Err(source.at(item.span(), format!("{level} is named twice")));
        }
        levels::normalise(&[level]).map_err(|message| source.at(item.span(), message))?;
        numbers.push(level);
    }
    levels::normalise(&numbers)
        .map(Levels::Listed)
        .map_err(whole)
}

pub(super) fn version(source: Source<'_>, written: &Choice) -> Result<(), Diagnostic> {
    let text = &written.text;
    if text == LATEST || requirement::is_version(text) {
        return Ok(());
    }
    Err(source
        .at(written.span.clone(), format!("`{text}` is no version"))
        .help(format!(
            "write one version such as \"0.34.0\", or \"{LATEST}\"; several are a list; \
         ranges belong into `with`, such as with = [\"anyio<5\"]"
        )))
}

pub(super) fn python(source: Source<'_>, written: &Choice) -> Result<PythonRequest, Diagnostic> {
    python_request(&written.text)
        .map_err(|(message, help)| source.at(written.span.clone(), message).help(help))
}

/// Reads `newest`, `3.12` or `3.12.1`; what is wrong with it and what to write instead.
pub(super) fn python_request(text: &str) -> Result<PythonRequest, (String, String)> {
    let parts: Vec<&str> = text.split('.').collect();
    let numbers = parts.iter().all(|part| {
        !part.is_empty() && part.len() <= 3 && part.chars().all(|c| c.is_ascii_digit())
    });
    if text == NEWEST {
        Ok(PythonRequest::Newest)
    } else if numbers && matches!(parts.len(), 2 | 3) {
        Ok(PythonRequest::Version(text.to_owned()))
    } else {
        let message = format!("`{text}` is no version of Python");
        Err((
            message,
            format!("write \"{NEWEST}\", \"3.12\" or \"3.12.1\""),
        ))
    }
}
