//! `asgi-toll cache --docker`: what is ours in the container engine, and nothing else.

use std::path::Path;

use serde::Serialize;
use toll_engine::{Engine, Image};
use toll_lab::containers::{IMAGE, SUBJECT, sweep};
use toll_lab::provision::alone;

use super::megabytes;
use crate::printer::Printer;
use crate::stop;

/// One image, as `--json` lists it.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    id: &'a str,
    kind: &'a str,
    label: &'a str,
    bytes: u64,
}

impl<'a> Line<'a> {
    fn of(image: &'a Image) -> Self {
        let label = |name: &str| image.labels.get(name).map_or("", String::as_str);
        Self {
            name: image.tags.first().map_or("", String::as_str),
            id: &image.id,
            kind: label(IMAGE),
            label: label(SUBJECT),
            bytes: image.bytes,
        }
    }
}

pub(super) fn list(printer: Printer) -> anyhow::Result<()> {
    let engine = Engine::connect(stop::flag()?)?;
    let images = ours(&engine)?;
    let lines: Vec<Line<'_>> = images.iter().map(Line::of).collect();
    if printer.json {
        return printer.json(&serde_json::json!({ "schema_version": 1, "images": lines }));
    }
    let width = lines
        .iter()
        .map(|line| line.label.chars().count())
        .max()
        .unwrap_or(0);
    for line in &lines {
        printer.data(&format!(
            "{:45}  {:width$}  {:>9}",
            line.name,
            line.label,
            megabytes(line.bytes)
        ))?;
    }
    printer.talk(format!(
        "{} images in {}; layers that they share are counted in each",
        lines.len(),
        engine.facts()
    ));
    Ok(())
}

pub(super) fn clean(dir: &Path, printer: Printer) -> anyhow::Result<()> {
    let engine = Engine::connect(stop::flag()?)?;
    // A run that uses them holds the cache.
    let _alone = alone(dir)?;
    let containers = sweep(&engine)?;
    let images = ours(&engine)?;
    // What stands on another image goes before it.
    let (upper, bases): (Vec<&Image>, Vec<&Image>) = images
        .iter()
        .partition(|image| Line::of(image).kind != "base");
    for image in upper.iter().chain(&bases) {
        for tag in &image.tags {
            engine.remove_image(tag)?;
        }
    }
    if printer.json {
        printer.json(&serde_json::json!({
            "schema_version": 1, "images": images.len(), "containers": containers,
        }))?;
    }
    printer.talk(format!(
        "Removed {} images and {containers} containers from {}",
        images.len(),
        engine.facts()
    ));
    Ok(())
}

/// The images that we made, by the label that they were given then.
fn ours(engine: &Engine) -> anyhow::Result<Vec<Image>> {
    let mut images = engine.images_labelled(IMAGE)?;
    // A user's own image that was built on one of ours has our labels, and is not ours.
    let is_ours =
        |tag: &String| tag.starts_with("asgi-toll/") || tag.starts_with("localhost/asgi-toll/");
    for image in &mut images {
        image.tags.retain(is_ours);
    }
    images.retain(|image| !image.tags.is_empty());
    images.sort_by(|one, other| one.tags.cmp(&other.tags));
    Ok(images)
}
