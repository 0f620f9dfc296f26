//! The image that environments are put on: found or pulled, and asked about its Python.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toll_core::failure::{Failure, Stage};
use toll_engine::{ContainerSpec, EngineError, Image, Network};

use super::Images;
use crate::containers::{Owner, RUN, engine_failed};
use crate::provision::install::digest;
use crate::provision::provisioner::EnvironmentRequest;

/// The Python of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Python {
    pub(super) executable: String,
    pub(super) version: String,
    /// Where it looks for distributions.
    pub(super) site: String,
    pub(super) machine: String,
    pub(super) implementation: String,
    /// How its C extensions end, which names the C library.
    pub(super) suffix: String,
}

/// An image with a Python and nothing of ours.
#[derive(Debug, Clone)]
pub(super) struct Base {
    pub(super) name: String,
    pub(super) image: Image,
    pub(super) python: Python,
}

/// How long the Python of an image may take to tell of itself.
const PATIENCE: Duration = Duration::from_mins(1);
const MEMORY_BYTES: u64 = 256 << 20;
const PROCESSES_MAX: u32 = 32;

const QUESTION: &str = "import json, platform, sys, sysconfig; print(json.dumps(dict(\
executable=sys.executable, version=platform.python_version(), site=sysconfig.get_path('purelib'), \
machine=platform.machine(), implementation=sys.implementation.name, suffix=sysconfig.get_config_var('EXT_SUFFIX'))))";

impl Base {
    /// The base image for a request's Python.
    ///
    /// # Errors
    /// It is neither here nor can be pulled, has no Python, or another one than is asked for.
    pub(super) fn find(images: &Images<'_>, request: &EnvironmentRequest) -> Result<Self, Failure> {
        let name = images.containers.base_for(&request.interpreter.version);
        let found = images.builder.engine.image(&name).map_err(engine_failed)?;
        let image = match found {
            Some(image) => image,
            None => pull(images, &name, &request.label)?,
        };
        let python = ask(images, &image, &name)?;
        same_python(&name, &python, request)?;
        Ok(Self {
            name,
            image,
            python,
        })
    }
}

fn pull(images: &Images<'_>, name: &str, label: &str) -> Result<Image, Failure> {
    images.builder.tell(label, &format!("pulling {name}"));
    let mut tell = |line: &str| images.builder.tell(label, &format!("{name}: {line}"));
    images
        .builder
        .engine
        .pull(name, &mut tell)
        .map_err(engine_failed)
}

/// What is asked once of an image is remembered: its id is a digest of what is in it.
fn ask(images: &Images<'_>, image: &Image, name: &str) -> Result<Python, Failure> {
    let file = remembered(images, image);
    let known = fs::read(&file).ok();
    if let Some(python) = known.and_then(|text| serde_json::from_slice(&text).ok()) {
        return Ok(python);
    }
    let unfit = |said: &str| {
        let lines = said.lines().map(str::to_owned).collect();
        let message = format!("the base image {name} has no python3 that works");
        Failure::new(Stage::Provision, "base-image-unfit", message).with_log(lines)
    };
    let asked = images
        .builder
        .engine
        .run(&question(image), PATIENCE, &mut |_| {});
    let ended = asked.map_err(|error| match &error {
        // The engine does not find the program.
        EngineError::Refused { message, .. } => unfit(message),
        _ => engine_failed(error),
    })?;
    let told = serde_json::from_str(ended.out.trim());
    let python: Python = told.map_err(|_| unfit(&ended.err))?;
    // A cache that cannot be written to costs time, not correctness.
    let _ = file.parent().map(fs::create_dir_all);
    let _ = serde_json::to_vec(&python).map(|text| fs::write(&file, text));
    Ok(python)
}

fn remembered(images: &Images<'_>, image: &Image) -> PathBuf {
    let name = digest(&[QUESTION, &image.id]);
    images
        .builder
        .context
        .layout()
        .resolutions()
        .join(format!("image-{name}.json"))
}

fn question(image: &Image) -> ContainerSpec {
    ContainerSpec {
        image: image.id.clone(),
        command: Some(["python3", "-c", QUESTION].map(str::to_owned).to_vec()),
        variables: Vec::new(),
        labels: BTreeMap::from([(RUN.to_owned(), Owner::this_process().to_string())]),
        user: Some("65534:65534".to_owned()),
        mounts: Vec::new(),
        writable: Vec::new(),
        network: Network::None,
        cores: None,
        memory_bytes: MEMORY_BYTES,
        processes_max: PROCESSES_MAX,
    }
}

/// What was installed here works there only for the same minor version and the same kind of machine.
fn same_python(name: &str, python: &Python, request: &EnvironmentRequest) -> Result<(), Failure> {
    let minor = |version: &str| {
        let mut parts = version.split('.');
        (
            parts.next().map(str::to_owned),
            parts.next().map(str::to_owned),
        )
    };
    let wanted = &request.interpreter;
    // macOS and Windows say `arm64`.
    let machine = python.machine.replace("arm64", "aarch64");
    let is_same = minor(&python.version) == minor(&wanted.version)
        && python.implementation == wanted.implementation
        && machine == std::env::consts::ARCH
        && !python.suffix.contains("musl");
    if is_same {
        return Ok(());
    }
    let message = format!(
        "the base image {name} has {} {} for {} ({}), and {} {} for {} with glibc is asked for; name another with base-image in the suite",
        python.implementation,
        python.version,
        python.machine,
        python.suffix,
        wanted.implementation,
        wanted.version,
        std::env::consts::ARCH,
    );
    Err(Failure::new(Stage::Provision, "base-image-unfit", message))
}
