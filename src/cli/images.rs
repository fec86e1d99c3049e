//! The options of `images …`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `images …`
#[derive(Debug, Subcommand)]
pub enum Images {
    /// Pull the images of languages from their registry
    Pull(ImagesPull),
    /// List the image of each language and whether it is here
    List(ImagesList),
    /// Build an image for a language from its Dockerfile
    Build(ImagesBuild),
    /// Import an image from a file, on a machine without a registry
    Import(ImagesImport),
}

/// Options of `images pull`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode images pull                 those that would be used and are not here
  sonocode images pull java kotlin     these, or what is new of them
  sonocode images pull --all

Exit codes: 0 they are here, 4 no such language, 6 no engine, or an image cannot be had.")]
pub struct ImagesPull {
    /// The languages, by id, name or alias; without any, those whose image is needed and missing
    #[arg(value_name = "LANGUAGE", conflicts_with = "all")]
    pub languages: Vec<String>,
    /// The images of all languages that a registry has
    #[arg(long)]
    pub all: bool,
    /// Print each image as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// The data directory, which may have languages of its own [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Options of `images list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode images list
  sonocode images list --json | jq -r 'select(.needed and .bytes == null) | .image'

Exit codes: 0 listed, 6 no engine.")]
pub struct ImagesList {
    /// Print each language's image as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// The data directory, which may have languages of its own [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Options of `images build`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode images build cpp            makes the image sonocode/cpp and says how it is used
  sonocode images build cpp --base my/gcc:14
  sonocode images build cpp --print > languages/cpp.Dockerfile
  sonocode images build --all

A LANGUAGE.Dockerfile beside your own languages is used in place of the one that comes with sonocode.
Exit codes: 0 built, 4 no such language or no Dockerfile for it, 6 no engine, or the build failed.")]
pub struct ImagesBuild {
    /// The languages, by id, name or alias
    #[arg(value_name = "LANGUAGE", required_unless_present = "all", conflicts_with = "all")]
    pub languages: Vec<String>,
    /// Every language that has a Dockerfile
    #[arg(long)]
    pub all: bool,
    /// The image to build upon, in place of the one that the Dockerfile names
    #[arg(long, value_name = "IMAGE", conflicts_with = "all")]
    pub base: Option<String>,
    /// The network of its RUN steps: bridge, host or none [default: the engine's]
    #[arg(long, value_name = "MODE")]
    pub network: Option<String>,
    /// The name of the new image [default: sonocode/LANGUAGE]
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub tag: Option<String>,
    /// Print the Dockerfile and build nothing
    #[arg(long, conflicts_with_all = ["base", "network", "tag", "json"])]
    pub print: bool,
    /// Print each image as one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// The data directory, which may have languages of its own [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Options of `images import`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sonocode images import gcc.tar.gz                under the names it was saved with
  sonocode images import gcc.tar.gz --lang cpp     as the image of a language
  sonocode images import rootfs.tar --tag my/gcc   the files of a whole system

On a machine that has an image, `docker save gcc:13 | gzip > gcc.tar.gz` makes such a file.
Exit codes: 0 imported, 4 no such file or language, or not such an archive, 6 no engine.")]
pub struct ImagesImport {
    /// A tar archive, plain or packed with gzip: of `docker save`, or of the files of a system
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Give it the name of this language's image
    #[arg(short, long, value_name = "LANGUAGE", conflicts_with = "tag")]
    pub lang: Option<String>,
    /// Give it this name
    #[arg(long, value_name = "NAME")]
    pub tag: Option<String>,
    /// Print the image as one JSON object
    #[arg(long)]
    pub json: bool,
    /// The data directory, which may have languages of its own [env: SONOCODE_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}
