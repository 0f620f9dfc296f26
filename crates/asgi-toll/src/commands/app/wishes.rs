//! What is to be changed, from names of layers to their places.

use anyhow::bail;
use toll_core::audit::{Change, Layer};
use toll_core::failure::{Failure, Stage};

use crate::cli::AppArgs;

/// What was asked for, by the names of layers.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    without: Vec<String>,
    replace: Vec<(String, String)>,
    order: Vec<String>,
}

impl Wishes {
    pub(super) fn of(args: &AppArgs) -> anyhow::Result<Self> {
        if args.order.len() == 1 {
            bail!(
                "--order takes two layers at least, such as --order CORSMiddleware,GZipMiddleware"
            );
        }
        Ok(Self {
            without: args.without.clone(),
            replace: args.replace.clone(),
            order: args.order.clone(),
        })
    }

    /// Whether nothing is to be changed.
    pub(super) fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        let replaced = self.replace.iter().map(|(layer, _)| layer);
        self.without.iter().chain(replaced).chain(&self.order)
    }

    /// The change among the layers of one request; `None` where none of those that were named is among
    /// them.
    pub(super) fn change(&self, layers: &[Layer]) -> Result<Option<Change>, Failure> {
        let place = |name: &String| place_of(name, layers);
        let mut change = Change::default();
        for name in &self.without {
            change.without.extend(place(name)?);
        }
        for (name, with) in &self.replace {
            change
                .replace
                .extend(place(name)?.map(|place| (place, with.clone())));
        }
        let order: Vec<Option<usize>> = self.order.iter().map(place).collect::<Result<_, _>>()?;
        // Some of them alone have no order that was meant.
        change.order = order.into_iter().collect::<Option<_>>().unwrap_or_default();
        Ok((!change.is_nothing()).then_some(change))
    }

    /// Every layer that was named is one of some request.
    pub(super) fn refuse_unknown<'l>(
        &self,
        of_requests: impl Iterator<Item = &'l [Layer]>,
    ) -> anyhow::Result<()> {
        let of_requests: Vec<&[Layer]> = of_requests.collect();
        for name in self.names() {
            let is_there =
                |layers: &&[Layer]| matches!(place_of(name, layers), Ok(Some(_)) | Err(_));
            if !of_requests.iter().any(is_there) {
                let known = of_requests.iter().flat_map(|layers| layers.iter());
                let mut known: Vec<&str> = known.map(|layer| layer.name.as_str()).collect();
                known.dedup();
                bail!(
                    "there is no layer `{name}`; there are {}",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                );
            }
        }
        Ok(())
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let without =
            (!self.without.is_empty()).then(|| format!("without {}", self.without.join(", ")));
        let replaced = self
            .replace
            .iter()
            .map(|(layer, with)| format!("with {with} in place of {layer}"));
        let order =
            (!self.order.is_empty()).then(|| format!("in the order {}", self.order.join(", ")));
        let all: Vec<String> = without.into_iter().chain(replaced).chain(order).collect();
        all.join("; ")
    }
}

/// The place of the layer of that name, dotted or not; `NAME#2` is the second from outside.
fn place_of(name: &str, layers: &[Layer]) -> Result<Option<usize>, Failure> {
    let (bare, number) = match name.rsplit_once('#') {
        Some((bare, number)) => (bare, number.parse::<usize>().ok()),
        None => (name, None),
    };
    let is_it = |layer: &Layer| layer.name == bare || layer.origin == bare;
    let found: Vec<usize> = layers
        .iter()
        .enumerate()
        .filter(|(_, layer)| is_it(layer))
        .map(|(place, _)| place)
        .collect();
    match (found.as_slice(), number) {
        ([], _) => Ok(None),
        ([only], None) => Ok(Some(*only)),
        (several, None) => {
            let message = format!(
                "{} layers are called {bare}: name one of them, {bare}#1 the outermost to {bare}#{}",
                several.len(),
                several.len()
            );
            Err(Failure::new(Stage::Verify, "which-layer", message))
        }
        (several, Some(number)) => Ok(several.get(number.wrapping_sub(1)).copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(names: &[&str]) -> Vec<Layer> {
        let layer = |name: &&str| {
            serde_json::from_value(serde_json::json!({
                "name": name, "origin": format!("package.{name}"), "place": "application",
                "added_by": "application", "removable": true, "style": "asgi",
                "distribution": null, "version": null, "file": null, "line": null, "why_not": null,
            }))
            .unwrap()
        };
        names.iter().map(layer).collect()
    }

    fn wishes(without: &[&str], order: &[&str]) -> Wishes {
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Wishes {
            without: text(without),
            order: text(order),
            ..Wishes::default()
        }
    }

    #[test]
    fn layers_are_found_by_name_dotted_name_and_number() {
        let known = layers(&["A", "B", "A"]);
        let without = |name| {
            let change = wishes(&[name], &[]).change(&known);
            change.map(|change| change.map(|change| change.without))
        };
        assert_eq!(without("B").unwrap(), Some(vec![1]));
        assert_eq!(without("package.B").unwrap(), Some(vec![1]));
        assert_eq!(without("A#2").unwrap(), Some(vec![2]));
        assert_eq!(without("A#3").unwrap(), None);
        assert_eq!(without("C").unwrap(), None);
        assert!(without("A").unwrap_err().message.contains("A#1"));
    }

    #[test]
    fn an_order_needs_all_of_its_layers() {
        let order = wishes(&[], &["B", "A"]);
        let change = order.change(&layers(&["A", "B"])).unwrap();
        assert_eq!(change.unwrap().order, [1, 0]);
        assert_eq!(order.change(&layers(&["A"])).unwrap(), None);
    }

    #[test]
    fn what_no_request_has_is_refused_with_what_there_is() {
        let known = layers(&["A", "B"]);
        let refuse = |name| wishes(&[name], &[]).refuse_unknown([known.as_slice()].into_iter());
        assert!(refuse("A").is_ok());
        let error = refuse("Gzip").unwrap_err().to_string();
        assert_eq!(error, "there is no layer `Gzip`; there are A, B");
    }
}
