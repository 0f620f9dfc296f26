//! Images of the user's own: a folder with a `Dockerfile`, which installs what it needs and listens by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toll_core::failure::{Failure, Stage};
use toll_engine::{BuildSpec, Context as Files, Engine};

use super::failure;
use crate::containers::{IMAGE, SUBJECT};
use crate::provision::context::Context;
use crate::provision::diagnose;
use crate::provision::event::{Notify, ProvisionEvent};
use crate::provision::install::digest_of;
use crate::provision::locks::{Held, Mode};
use crate::provision::provisioner::Environment;

/// Digits of an image's id that are shown as its version.
const SHOWN: usize = 12;

/// Builds the image of a folder, or finds it built; its version is its id.
///
/// # Errors
/// `image-not-built` with the last lines of the build, `engine-gone`, `disk-full`, `interrupted` …
pub fn own_image(
    context: &Context,
    engine: &Engine,
    (label, folder): (&str, &Path),
    notify: Notify<'_>,
) -> Result<Environment, Failure> {
    let io = |error: std::io::Error| {
        diagnose::io_failed(&format!("reading {}", folder.display()), &error)
    };
    if !folder.join("Dockerfile").is_file() {
        let message = format!("{} has a port and no Dockerfile", folder.display());
        return Err(Failure::new(Stage::Provision, "image-not-built", message));
    }
    let archive = || Files::of_folder(folder).map_err(io);
    let digest = digest_of(&archive()?.into_bytes().map_err(io)?);
    let tag = format!("asgi-toll/own:{digest}");
    let held = Held::take(context, &format!("image-{digest}"), Mode::Alone).map_err(io)?;
    let known = engine.image(&tag).map_err(failure::of)?;
    let reused = known.is_some();
    let image = if let Some(image) = known {
        image
    } else {
        let spec = spec(&tag, label, archive()?);
        let mut tell = |line: &str| {
            notify(ProvisionEvent::Building {
                label: label.to_owned(),
                line: line.to_owned(),
            });
        };
        engine.build(spec, &mut tell).map_err(failure::of)?
    };
    let id: String = image
        .id
        .trim_start_matches("sha256:")
        .chars()
        .take(SHOWN)
        .collect();
    Ok(Environment {
        id: digest,
        python: PathBuf::new(),
        python_version: String::new(),
        // What is in it is what its id says.
        lock: vec![format!("image @ {}", image.id)],
        dir: None,
        own_user: !matches!(image.user.split(':').next(), None | Some("" | "0" | "root")),
        version: Some(id),
        image: Some(tag),
        reused,
        notes: Vec::new(),
        _held: Arc::new(held.share().map_err(io)?),
    })
}

/// Its steps reach the network: it installs what it needs by itself.
fn spec(tag: &str, label: &str, context: Files) -> BuildSpec {
    let labels = [(IMAGE, "own"), (SUBJECT, label)];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BuildSpec {
        tag: tag.to_owned(),
        context,
        labels: labels.into_iter().collect(),
        network: true,
    }
}
