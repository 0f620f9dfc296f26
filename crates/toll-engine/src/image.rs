//! Images: found, pulled, built, listed, removed.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bollard::models::{BuildInfo, CreateImageInfo, ImageInspect};
use bollard::query_parameters::{
    BuildImageOptionsBuilder, CreateImageOptionsBuilder, ListImagesOptionsBuilder,
    RemoveImageOptionsBuilder,
};
use futures_util::StreamExt;

use crate::context::Context;
use crate::engine::Engine;
use crate::error::EngineError;

/// How many of a build's last lines an error keeps.
const LINES_KEPT: usize = 20;

/// An image that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id, which is a digest of what is in it.
    pub id: String,
    /// Its names.
    pub tags: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The user of its containers; empty where it names none.
    pub user: String,
    /// Its size in bytes, layers that it shares with others included.
    pub bytes: u64,
}

/// What to build.
#[derive(Debug)]
pub struct BuildSpec {
    /// Its name.
    pub tag: String,
    /// The Dockerfile and its files.
    pub context: Context,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Whether its steps reach the network.
    pub network: bool,
}

impl Engine {
    /// The image of this name or id, if it is there.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn image(&self, name: &str) -> Result<Option<Image>, EngineError> {
        match self.wait(self.docker.inspect_image(name)) {
            Ok(found) => Ok(Some(image(found))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Pulls an image; `tell` hears how it goes.
    ///
    /// # Errors
    /// [`EngineError::NoImage`], or the engine does not answer.
    pub fn pull(&self, name: &str, tell: &mut dyn FnMut(&str)) -> Result<Image, EngineError> {
        let no_image = |why: String| EngineError::NoImage {
            name: name.to_owned(),
            why,
        };
        let options = CreateImageOptionsBuilder::default()
            .from_image(&with_tag(name))
            .build();
        let pulled = self.wait_unless_aborted(async {
            let mut stream = Box::pin(self.docker.create_image(Some(options), None, None));
            while let Some(step) = stream.next().await {
                let step: CreateImageInfo = step?;
                if let Some(status) = step.status {
                    tell(&status);
                }
            }
            Ok(())
        });
        match pulled {
            Err(EngineError::Refused { message, .. }) => return Err(no_image(message)),
            other => other?,
        }
        self.image(name)?
            .ok_or_else(|| no_image("it was pulled and is not there".to_owned()))
    }

    /// Builds an image; `tell` hears each line of the build.
    ///
    /// # Errors
    /// [`EngineError::Build`] with the last lines, or the engine does not answer.
    pub fn build(&self, spec: BuildSpec, tell: &mut dyn FnMut(&str)) -> Result<Image, EngineError> {
        let labels: HashMap<String, String> = spec.labels.into_iter().collect();
        let options = BuildImageOptionsBuilder::default()
            .dockerfile("Dockerfile")
            .t(&spec.tag)
            .labels(&labels)
            .rm(true)
            .forcerm(true)
            .networkmode(if spec.network { "default" } else { "none" })
            .build();
        let archive = spec
            .context
            .into_bytes()
            .map_err(|error| EngineError::Here(error.to_string()))?;
        let body = bollard::body_full(archive.into());
        let mut said = Said::default();
        let built = self.wait_unless_aborted(async {
            let mut stream = Box::pin(self.docker.build_image(options, None, Some(body)));
            while let Some(step) = stream.next().await {
                let BuildInfo { stream, status, .. } = step?;
                // What is done is told in lines, how it goes without their ends.
                let status = status.map(|status| status + "\n");
                for text in [stream, status].into_iter().flatten() {
                    said.hear(&text, tell);
                }
            }
            said.hear("\n", tell);
            Ok(())
        });
        match built {
            Err(EngineError::Refused { message, .. }) => {
                return Err(EngineError::Build {
                    why: message,
                    lines: said.lines.into(),
                });
            }
            other => other?,
        }
        self.image(&spec.tag)?.ok_or_else(|| EngineError::Build {
            why: "the engine says that it was built, but it is not there".to_owned(),
            lines: said.lines.into(),
        })
    }

    /// The images with this label.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn images_labelled(&self, label: &str) -> Result<Vec<Image>, EngineError> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListImagesOptionsBuilder::default()
            .filters(&filters)
            .build();
        let found = self.wait(self.docker.list_images(Some(options)))?;
        let image = |summary: bollard::models::ImageSummary| Image {
            id: summary.id,
            tags: summary.repo_tags,
            labels: summary.labels.into_iter().collect(),
            user: String::new(),
            bytes: u64::try_from(summary.size).unwrap_or(0),
        };
        Ok(found.into_iter().map(image).collect())
    }

    /// Removes an image by its name. One that is gone already is fine.
    ///
    /// # Errors
    /// A container uses it, or the engine does not answer.
    pub fn remove_image(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().build();
        match self.wait(self.docker.remove_image(name, Some(options), None)) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}

/// An image without a tag would mean all of its tags.
fn with_tag(name: &str) -> String {
    let leaf = name.rsplit('/').next().unwrap_or(name);
    if leaf.contains([':', '@']) {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

fn image(found: ImageInspect) -> Image {
    let config = found.config.unwrap_or_default();
    Image {
        id: found.id.unwrap_or_default(),
        tags: found.repo_tags.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        user: config.user.unwrap_or_default(),
        bytes: found
            .size
            .and_then(|size| size.try_into().ok())
            .unwrap_or(0),
    }
}

/// The lines of a build, which come in pieces.
#[derive(Default)]
struct Said {
    rest: String,
    lines: VecDeque<String>,
}

impl Said {
    fn hear(&mut self, text: &str, tell: &mut dyn FnMut(&str)) {
        self.rest.push_str(text);
        while let Some(end) = self.rest.find('\n') {
            let line: String = self.rest.drain(..=end).collect();
            let line = line.trim_end();
            if line.is_empty() {
                continue;
            }
            tell(line);
            self.lines.push_back(line.to_owned());
            if self.lines.len() > LINES_KEPT {
                self.lines.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_tag_is_its_latest() {
        assert_eq!(with_tag("python"), "python:latest");
        assert_eq!(with_tag("localhost:5000/a/b"), "localhost:5000/a/b:latest");
        for name in ["python:3.12-slim", "python@sha256:00"] {
            assert_eq!(with_tag(name), name);
        }
    }

    #[test]
    fn pieces_of_lines_are_put_together_and_the_last_are_kept() {
        let (mut said, mut told) = (Said::default(), Vec::new());
        let mut tell = |line: &str| told.push(line.to_owned());
        said.hear("Step 1/2 : FR", &mut tell);
        said.hear("OM scratch\n\n ---> a\n", &mut tell);
        for number in 0..50 {
            said.hear(&format!("line {number}\n"), &mut tell);
        }
        assert_eq!(told[..2], ["Step 1/2 : FROM scratch", " ---> a"]);
        assert_eq!(said.lines.len(), LINES_KEPT);
        assert_eq!(said.lines.back().unwrap(), "line 49");
    }
}
