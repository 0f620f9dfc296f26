//! Images of the user's own: a folder with a `Dockerfile`, which installs what it needs and listens by itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toll_core::failure::{Failure, Stage};
use toll_engine::{Context as Files, Image};

use super::builder::{Ensured, ImageBuilder, Recipe};
use crate::provision::diagnose;
use crate::provision::install::digest_of;
use crate::provision::provisioner::Environment;

/// Digits of an image's id that are shown as its version.
const SHOWN: usize = 12;

/// Builds the image of a folder, or finds it built; its version is its id.
///
/// # Errors
/// `image-not-built` with the last lines of the build, `engine-gone`, `disk-full`, `interrupted` …
pub fn own_image(
    builder: ImageBuilder<'_>,
    label: &str,
    folder: &Path,
) -> Result<Environment, Failure> {
    if !folder.join("Dockerfile").is_file() {
        let message = format!("{} has a port and no Dockerfile", folder.display());
        return Err(Failure::new(Stage::Provision, "image-not-built", message));
    }
    let failed =
        |error: io::Error| diagnose::io_failed(&format!("reading {}", folder.display()), &error);
    let files = || Files::of_folder(folder).map_err(failed);
    let digest = digest_of(&files()?.into_bytes().map_err(failed)?);
    let recipe = Recipe {
        // It installs what it needs by itself.
        network: true,
        ..Recipe::new("own", digest, label)
    };
    let ensured = builder.ensure(&recipe, &files)?;
    Ok(environment(recipe, ensured))
}

fn environment(recipe: Recipe, ensured: Ensured) -> Environment {
    let id = &ensured.image.id;
    let version = id
        .trim_start_matches("sha256:")
        .chars()
        .take(SHOWN)
        .collect();
    Environment {
        id: recipe.digest,
        python: PathBuf::new(),
        python_version: String::new(),
        // What is in it is what its id says.
        lock: vec![format!("image @ {id}")],
        dir: None,
        own_user: names_a_user(&ensured.image),
        version: Some(version),
        image: Some(recipe.tag),
        reused: ensured.reused,
        notes: Vec::new(),
        _held: Some(Arc::new(ensured.held)),
    }
}

/// Whether its processes are somebody else than root by themselves.
fn names_a_user(image: &Image) -> bool {
    let user = image.user.split(':').next().unwrap_or_default();
    !["", "0", "root"].contains(&user)
}
