//! Convolutions and means over the windows of pictures.

use super::flow::Flow;
use super::layers::{Along, padding, shown};
use super::nodes::{Given, Reading, Value};
use network::Op;
use onnx::{Attributes, Tensor};

/// Most weights of a kernel in groups, with the zeros between them.
const MAX_UNGROUPED: usize = 1 << 24;

impl Reading {
    pub(super) fn conv(
        &mut self,
        flow: &Flow,
        a: &Attributes,
        w: Option<&Tensor>,
        b: Option<&Tensor>,
    ) -> Given {
        let w = w.ok_or("has weights that depend on the sample")?;
        let (channels, height, width) = self.layers.image(flow)?;
        let [outputs, per_group, rows, columns] = w.dims[..] else {
            return Err(format!("has a kernel with the axes {}; pictures need 4", shown(&w.dims)));
        };
        let groups = usize::try_from(a.int("group", 1)).unwrap_or(0);
        if groups == 0 || per_group * groups != channels || !outputs.is_multiple_of(groups) {
            return Err(format!(
                "has {groups} groups of {per_group} channels for {channels} channels and {outputs} outputs"
            ));
        }
        if a.ints("dilations").is_some_and(|d| d.iter().any(|d| *d != 1)) {
            return Err("has a dilated kernel; dilations of 1 are read".into());
        }
        let (down, across) = along(a, (rows, columns), (height, width))?;
        let size = down.windows(height).zip(across.windows(width));
        let (h, v) = size.ok_or("has a kernel larger than the picture")?;
        let written = outputs.checked_mul(channels).and_then(|n| n.checked_mul(rows * columns));
        if groups > 1 && written.is_none_or(|n| n > MAX_UNGROUPED) {
            return Err(format!(
                "has {groups} groups; written out as one kernel over all {channels} channels it would have more than {MAX_UNGROUPED} weights"
            ));
        }
        let weight = if groups == 1 { w.floats() } else { ungrouped(w, groups, channels) };
        let bias = b.map(Tensor::floats).unwrap_or_default();
        let op = Op::Conv2d {
            in_channels: channels,
            out_channels: outputs,
            kernel: (rows, columns),
            stride: (down.stride, across.stride),
            padding: padding(down, across),
            weight,
            bias,
        };
        Ok(Value::Flow(self.layers.windows("conv", op, (outputs, h, v))?))
    }

    /// Means of windows, or the largest of them.
    pub(super) fn pool(&mut self, flow: &Flow, a: &Attributes, largest: bool) -> Given {
        let (channels, height, width) = self.layers.image(flow)?;
        let kernel = a.ints("kernel_shape").unwrap_or_default();
        let [rows, columns] = kernel else { return Err("pools over other than two axes".into()) };
        let (rows, columns) = usize::try_from(*rows)
            .ok()
            .zip(usize::try_from(*columns).ok())
            .ok_or("has a window of no size")?;
        let (down, across) = along(a, (rows, columns), (height, width))?;
        if a.ints("dilations").is_some_and(|d| d.iter().any(|d| *d != 1)) {
            return Err("has a dilated window; dilations of 1 are read".into());
        }
        let given = (down, across);
        let same = a.text("auto_pad").starts_with("SAME");
        let (down, across) = match a.int("ceil_mode", 0) != 0 && !same {
            true => (down.to_the_end(height), across.to_the_end(width)),
            false => given,
        };
        let size = down.windows(height).zip(across.windows(width));
        let (h, v) = size.ok_or("has a window larger than the picture")?;
        let (kernel, stride) = ((rows, columns), (down.stride, across.stride));
        let padding = padding(down, across);
        let op = if largest {
            Op::MaxPool { kernel, stride, padding }
        } else {
            Op::AvgPool { kernel, stride, padding }
        };
        let pooled = self.layers.windows("pool", op, (channels, h, v))?;
        if largest {
            return Ok(Value::Flow(pooled));
        }
        // A mean of fewer values is the mean with zeros times a factor of its place.
        let padding_counts = a.int("count_include_pad", 0) != 0;
        let by_row = down.counts(height, given.0, padding_counts);
        let by_column = across.counts(width, given.1, padding_counts);
        if by_row.iter().chain(&by_column).any(|n| *n == 0) {
            return Err("has a window that lies in the padding alone".into());
        }
        let factor = |of: usize| (rows * columns) as f32 / of as f32;
        let plane: Vec<f32> =
            by_row.iter().flat_map(|r| by_column.iter().map(move |c| factor(r * c))).collect();
        if plane.iter().all(|f| *f == 1.0) {
            return Ok(Value::Flow(pooled));
        }
        self.layers.affine(&plane.repeat(channels), &vec![0.0; channels * plane.len()]);
        Ok(Value::Flow(pooled.after(self.layers.layers.len())))
    }

    /// The mean of each channel, or the largest of it.
    pub(super) fn whole_pool(
        &mut self,
        (channels, height, width): (usize, usize, usize),
        largest: bool,
    ) -> Result<Flow, String> {
        let (kernel, padding) = ((height, width), network::Padding::default());
        let op = if largest {
            Op::MaxPool { kernel, stride: kernel, padding }
        } else {
            Op::AvgPool { kernel, stride: kernel, padding }
        };
        self.layers.windows("pool", op, (channels, 1, 1))
    }

    pub(super) fn mean(&mut self, flow: &Flow, a: &Attributes, axes: Option<&Tensor>) -> Given {
        let given = axes.and_then(Tensor::whole).or(a.ints("axes")).unwrap_or_default();
        let count = flow.dims.len() as i64;
        let mut axes: Vec<i64> =
            given.iter().map(|a| if *a < 0 { a + count } else { *a }).collect();
        axes.sort_unstable();
        if count != 4 || axes != [2, 3] {
            return Err("takes means over other axes than rows and columns".into());
        }
        let size = self.layers.image(flow)?;
        let mean = self.whole_pool(size, false)?;
        let kept = a.int("keepdims", 1) != 0;
        let mean = if kept { Some(mean) } else { mean.shaped(vec![1, size.0]) };
        mean.map(Value::Flow).ok_or_else(|| "gives no vector".into())
    }
}

/// Windows down and across, from the attributes of a convolution or pooling.
fn along(
    a: &Attributes,
    kernel: (usize, usize),
    size: (usize, usize),
) -> Result<(Along, Along), String> {
    let list = |name: &str, otherwise: &[i64]| -> Result<Vec<usize>, String> {
        let given = a.ints(name).filter(|l| !l.is_empty()).unwrap_or(otherwise);
        let numbers: Option<Vec<usize>> =
            given.iter().map(|v| usize::try_from(*v).ok().filter(|v| *v < 1 << 24)).collect();
        numbers.filter(|n| n.len() == otherwise.len()).ok_or_else(|| {
            format!(
                "has {name} of {} numbers; {} from 0 on are needed",
                given.len(),
                otherwise.len()
            )
        })
    };
    let strides = list("strides", &[1, 1])?;
    let pads = list("pads", &[0, 0, 0, 0])?;
    if strides.contains(&0) {
        return Err("has a stride of 0".into());
    }
    let auto = a.text("auto_pad");
    let one = |axis: usize, kernel: usize, len: usize| {
        let stride = strides[axis];
        let (before, after) = match auto {
            "" | "NOTSET" => (pads[axis], pads[axis + 2]),
            "VALID" => (0, 0),
            "SAME_UPPER" | "SAME_LOWER" => {
                let all =
                    (len.div_ceil(stride).saturating_sub(1) * stride + kernel).saturating_sub(len);
                let (less, more) = (all / 2, all - all / 2);
                if auto == "SAME_UPPER" { (less, more) } else { (more, less) }
            }
            other => return Err(format!("has auto_pad {}", format::excerpt(other))),
        };
        Ok(Along { kernel, stride, before, after })
    };
    Ok((one(0, kernel.0, size.0)?, one(1, kernel.1, size.1)?))
}

/// The kernel of a convolution in groups as one over all channels, zeros between the groups.
fn ungrouped(w: &Tensor, groups: usize, channels: usize) -> Vec<f32> {
    let values = w.floats();
    let (outputs, per_group) = (w.dims[0], w.dims[1]);
    let area = w.dims[2] * w.dims[3];
    let mut all = vec![0.0; outputs * channels * area];
    for output in 0..outputs {
        let group = output / (outputs / groups);
        let from = &values[output * per_group * area..(output + 1) * per_group * area];
        let start = (output * channels + group * per_group) * area;
        all[start..start + per_group * area].copy_from_slice(from);
    }
    all
}
