//! `summary.png`: the drawing with its own font, at twice the density.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use toll_analysis::results::Analysis;

use crate::plot;
use crate::registry::{Format, RenderError};

/// Pixels of the picture for one of the drawing.
const DENSITY: f32 = 2.0;

/// The picture for a README.
pub(crate) struct Png;

impl Format for Png {
    fn name(&self) -> &'static str {
        "png"
    }

    fn file_name(&self) -> &'static str {
        "summary.png"
    }

    fn render(&self, analysis: &Analysis) -> Result<Vec<u8>, RenderError> {
        rasterise(&plot::summary_svg(analysis))
    }
}

/// The bundled fonts, so that the picture is the same on every machine.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../assets/fonts/Inter-Regular.otf").to_vec());
    fonts.load_font_data(include_bytes!("../assets/fonts/Inter-Bold.otf").to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
});

/// The picture of a drawing.
pub(crate) fn rasterise(svg: &str) -> Result<Vec<u8>, RenderError> {
    let options = Options {
        font_family: "Inter".to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree =
        Tree::from_str(svg, &options).map_err(|error| RenderError::Svg(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(DENSITY);
    let (width, height) = size.map_or((0, 0), |size| (size.width(), size.height()));
    let failed = |reason: String| RenderError::Raster {
        width,
        height,
        reason,
    };
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| failed("it has no area".to_owned()))?;
    resvg::render(
        &tree,
        Transform::from_scale(DENSITY, DENSITY),
        &mut pixels.as_mut(),
    );
    pixels
        .encode_png()
        .map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::text;

    /// Width of the ink of a line of text in the bundled font.
    fn drawn(content: &str) -> f64 {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"50\">\
             <text y=\"30\" font-family=\"Inter\" font-size=\"20\">{content}</text></svg>"
        );
        let options = Options {
            fontdb: Arc::clone(&FONTS),
            ..Options::default()
        };
        let tree = Tree::from_str(&svg, &options).expect("it is an SVG");
        f64::from(tree.root().abs_bounding_box().width())
    }

    #[test]
    fn text_is_as_wide_as_it_is_reckoned() {
        for content in [
            "starlette 1.10.0 base-http",
            "WIDE LETTERS",
            "illicit 0123456789",
        ] {
            let (reckoned, drawn) = (text::width(content, 20.0), drawn(content));
            assert!(
                (reckoned / drawn - 1.0).abs() < 0.05,
                "{content}: {reckoned} and {drawn}"
            );
        }
    }

    #[test]
    fn what_is_no_drawing_is_an_error() {
        assert!(matches!(rasterise("<svg"), Err(RenderError::Svg(_))));
    }
}
