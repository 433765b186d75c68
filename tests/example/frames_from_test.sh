# The sequence stage begins with a frame generator that another run, an export or PyTorch made.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train one --seed 11 --frames-stay
expect_code 0 "$program" export --run one --output small
begin() { train "$@" --stage sequences --frames-stay; }

# From a run: all that a run has, sequences only in the table, and every command works on it.
expect_code 0 begin straight --frames-from one
! grep -q '^Note' out || fail "a note on the same balls: $(cat out)"
[[ $(ls straight | wc -l) == "${#results[@]}" ]] || fail "other files: $(ls straight)"
[[ $(cut -d , -f 1,2 straight/losses.csv | tail -n +2 | tr '\n' ' ') == \
  "sequences,1 sequences,2 sequences,3 sequences,4 " ]] || fail "other steps: $(cat straight/losses.csv)"
expect_code 0 "$program" sample --run straight --output samples --seed 11
cmp samples/frames.png one/frames.png || fail "the frames are not those of the given generator"
expect_code 0 "$program" evaluate --run straight
expect_code 0 "$program" export --run straight --output small-straight
cmp <(tail -c 100000 small/frame_generator.safetensors) <(tail -c 100000 small-straight/frame_generator.safetensors)

# By the file's name; stopped after a step and gone on: the same bytes.
expect_code 0 begin parts --frames-from one/frame_generator.safetensors --minutes 1e-9
grep -q 'the same command with --resume in place of --frames-from goes on.$' out || fail "$(cat out)"
[[ $(wc -l < parts/losses.csv) == 2 ]] || fail "not one step: $(cat parts/losses.csv)"
expect_code 0 "$program" train --output parts --resume --stage sequences
same straight parts
# Nothing is left to do, for both stages too; and there is no frame stage in such a run.
expect_code 0 "$program" train --output parts --resume
same straight parts
refuse 1 'the frame stage cannot go on: the sequence stage has begun' "$program" train --output parts --resume \
  --stage frames
same straight parts

# A sequence generator learns on: stopped after a step and gone on, the same bytes, and other ones than from the start.
expect_code 0 begin tuned --frames-from one --sequences-from one
! grep -q '^Note' out || fail "a note on a pair of one run: $(cat out)"
! cmp -s <(cut -d , -f 3- straight/losses.csv) <(cut -d , -f 3- tuned/losses.csv) || fail "it began from the start"
expect_code 0 begin tuned_in_parts --frames-from one --sequences-from one/sequence_generator.safetensors --minutes 1e-9
grep -q 'with --resume in place of --frames-from and --sequences-from goes on.$' out || fail "$(cat out)"
expect_code 0 "$program" train --output tuned_in_parts --resume
same tuned tuned_in_parts
expect_code 0 "$program" sample --run tuned --output samples --overwrite
expect_code 0 "$program" report --run tuned --films 40
grep -q 'G_V began the stage as one that had learnt before' tuned/report/report.html || fail "the report does not say"

# An export, under sequences of other balls; replacing another run.
expect_code 0 begin parts --balls 3 --frames-from small --sequences-from small --overwrite
for which in frame sequence; do
  grep -q "^Note: the $which generator is of a run with balls 1, this one has balls 3.$" out || fail "$(cat out)"
done
expect_code 0 "$program" evaluate --run parts

# What does not fit leaves the run in the output folder alone.
cp -r parts good
untouched() {
  refuse "$@"
  diff -r parts good || fail "files changed after: $*"
}
untouched 1 "'parts' holds a run already" begin parts --frames-from one
overwrite() { begin parts --overwrite --frames-from "$@"; }
untouched 1 "there is no file 'none'" overwrite none
mkdir empty
untouched 1 "there is no file 'empty/frame_generator.safetensors'" overwrite empty
untouched 1 "the run would write over './parts/frame_generator.safetensors', which it begins with" overwrite ./parts/
untouched 1 "expected a generator 'DcganFrame, latent 100, widths / 4', got 'DcganFrame, latent 100, widths / 8'" \
  overwrite one --width-divisor 4
untouched 1 "expected a generator 'DcganFrame, latent 100, widths / 8', got 'BiLstmSequence" overwrite \
  one/sequence_generator.safetensors
untouched 1 "in 'one/checkpoint.safetensors': expected tensor '0.weight'" overwrite one/checkpoint.safetensors
untouched 1 "'one/losses.csv'" overwrite one/losses.csv
for bytes in 0 7 1000 100000; do
  head -c "$bytes" one/frame_generator.safetensors > cut
  untouched 1 "'cut'" overwrite cut
done
untouched 1 "expected a generator 'BiLstmSequence, hidden 128, latent 100, scaled 3, widths / 4', got 'DcganFrame" \
  overwrite one --sequences-from one/frame_generator.safetensors
untouched 1 "there is no file 'empty/sequence_generator.safetensors'" overwrite one --sequences-from empty
untouched 1 "the run would write over './parts/sequence_generator.safetensors', which it begins with" \
  overwrite one --sequences-from ./parts/
untouched 1 "expected a generator 'BiLstmSequence, hidden 128, latent 100, scaled 3, widths / 8', got 'BiLstmSequence" \
  overwrite one --sequences-from one --networks stable
head -c 100000 one/sequence_generator.safetensors > cut
untouched 1 "'cut'" overwrite one --sequences-from cut
untouched 2 'excludes' "$program" train --output parts --resume --stage sequences --sequences-from one
untouched 2 '--sequences-from requires --frames-from' train parts --overwrite --stage sequences --sequences-from one
cp one/frame_generator.safetensors damaged
printf zoetrope | dd of=damaged bs=1 seek=100000 conv=notrunc status=none
untouched 1 "'damaged'" overwrite damaged
untouched 2 'takes the frame stage' train parts --overwrite --frames-from one
untouched 2 'takes the frame stage' train parts --overwrite --frames-from one --stage frames
untouched 2 'excludes' "$program" train --output parts --resume --stage sequences --frames-from one
untouched 2 '--frames-from' "$program" train --output parts --stage sequences --frames-from

if ! command -v python3 > /dev/null; then
  echo "Skipped: files as PyTorch writes them, since there is no python3."
  exit 77
fi
# As safetensors.torch writes a state dict: without metadata. With "nan", a weight is none.
cat > strip.py <<'END'
import json, struct, sys
source, target, *spoil = sys.argv[1:]
data = open(source, "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header, values = json.loads(data[8:8 + length]), bytearray(data[8 + length:])
del header["__metadata__"]
if spoil == ["nan"]:
    start = header["4.weight"]["data_offsets"][0]
    values[start:start + 4] = struct.pack("<f", float("nan"))
if spoil == ["metadata"]:
    header["__metadata__"] = {"format": "pt", "run": "my experiment"}
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
open(target, "wb").write(struct.pack("<Q", len(text)) + text + values)
END
python3 strip.py one/frame_generator.safetensors plain.safetensors
expect_code 0 begin plain --frames-from plain.safetensors
same straight plain
python3 strip.py one/frame_generator.safetensors tagged.safetensors metadata
expect_code 0 begin tagged --frames-from tagged.safetensors
same straight tagged
python3 strip.py one/sequence_generator.safetensors plain_sequences.safetensors
untouched 1 "expected a sequence generator of zoetrope, but its metadata has no 'architecture'" overwrite one \
  --sequences-from plain_sequences.safetensors
untouched 1 "in 'plain.safetensors': expected tensor '0.weight' of shape" overwrite plain.safetensors --width-divisor 4
python3 strip.py one/frame_generator.safetensors nan.safetensors nan
untouched 1 "in 'nan.safetensors': expected tensor '4.weight' to hold finite floats, got nan at index 0" overwrite nan.safetensors

# Where learning rates are as good as none, the weights of a sequence generator that learns on stay what they were.
cat > compare.py <<'END'
import json, struct, sys
def weights(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return {name: struct.unpack(f"<{(e - b) // 4}f", data[8 + length + b:8 + length + e])
            for name, (b, e) in ((n, i["data_offsets"]) for n, i in header.items() if n != "__metadata__" and i["dtype"] == "F32")
            if "weight" in name}
first, second = map(weights, sys.argv[1:])
assert first.keys() == second.keys() and first
sys.exit(max(abs(a - b) for name in first for a, b in zip(first[name], second[name])) > 1e-6)
END
still() { expect_code 0 begin "$@" --sequence-generator-learning-rate 1e-30; }
still kept --frames-from one --sequences-from one
python3 compare.py one/sequence_generator.safetensors kept/sequence_generator.safetensors || fail "other weights"
still anew --frames-from one
! python3 compare.py one/sequence_generator.safetensors anew/sequence_generator.safetensors || fail "weights of nobody"
