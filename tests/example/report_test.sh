#!/usr/bin/env bash
# The report of a run, of its copy in 16 bits, and what it needs.
source "$(dirname "$0")/common.sh" "$@"

export SOURCE_DATE_EPOCH=951782400
train three --balls 3 --width-divisor 8 --seed 1 > log
train one --balls 1 --width-divisor 8 --seed 2 > log
"$program" report --run three --frames-from one --films 30 > log
grep -q '^Report: three/report/report.html$' log || fail "no path of the report: $(cat log)"

pictures=(frames real generated other-frames interpolations latents loss-curves)
tables=(table1 measures latents film-latents loss-curves)
for name in "${pictures[@]}"; do
  [[ $(head -c 4 three/report/$name.png | tail -c 3) == PNG ]] || fail "$name.png is no picture"
done
for name in real generated other-frames; do
  [[ $(head -c 6 three/report/$name.gif) == GIF89a ]] || fail "$name.gif is no film"
done
for name in latents loss-curves; do
  [[ $(tail -c 8 three/report/$name.svg) == "</svg>"* ]] || fail "$name.svg is not whole"
done
for name in "${tables[@]}"; do
  [[ $(wc -l < three/report/$name.csv) -ge 7 ]] || fail "$name.csv is too short: $(cat three/report/$name.csv)"
done
# Six films of 30, two interpolations of 45, 10,000 draws and the names of the columns.
[[ $(wc -l < three/report/latents.csv) == 10271 ]] || fail "latents.csv has $(wc -l < three/report/latents.csv) lines"
[[ $(wc -l < three/report/film-latents.csv) == 181 ]] || fail "film-latents.csv has another number of lines"
! grep -q ',nan\|,inf' three/report/latents.csv || fail "a latent has no position"
[[ $(cut -d, -f1,2 three/report/table1.csv | tail -n +2 | tr '\n' ' ') == \
  '"1 ball",real "1 ball",generated "1 ball",random z "3 balls",real "3 balls",generated "3 balls",random z ' ]] || fail "rows of $(cat three/report/table1.csv)"
grep -q '^"3 balls",real,0.03[0-9]*,0.00[0-9]*,0.0222 ± 0.0005 (\*)$' three/report/table1.csv || fail "no marked row"
grep -q '^"ball-count accuracy",.*,1.000000,0.000000,"1"$' three/report/measures.csv || fail "real frames are miscounted"
[[ $(grep -cE '^"[^"]+",[0-9.]+,[0-9.]+,[0-9.]+,[0-9.]+,"(0|1|0.5)"$' three/report/measures.csv) -ge 6 ]] ||
  fail "measures without errors: $(cat three/report/measures.csv)"
grep -q '^"classifier two-sample test",' three/report/measures.csv || fail "no classifier"

page=three/report/report.html
[[ $(grep -c '<img ' $page) == 10 ]] || fail "the page has $(grep -c '<img ' $page) pictures"
! grep -q 'src="[^d]\|href="[^#]\|http' $page || fail "the page asks for other files"
grep -q "<p>Written by zoetrope $("$program" --version) on 2000-02-29.</p>" $page || fail "no version and no date"
grep -q '<a href="#explanations">' $page && grep -q '<h2 id="explanations">' $page || fail "no way to the explanations"
grep -q '<p><b>Velocity error</b>' $page || fail "nothing explains the velocity error"
grep -q '<p>The latents of the films have a mean length of [0-9.]*, draws from the prior one of 10.0: the films lie ' $page ||
  fail "no word on where the films lie"

# The run itself is as it was, and a second report is the same.
cp -r three/report first
# Nothing that the user has set for other plots, and no number of threads, changes it.
mkdir home
echo 'set logscale y; set terminal dumb; exit' > home/.gnuplot
HOME=$PWD/home "$program" report --run three --frames-from one --films 30 --output second --threads 1 > log
diff -r first second || fail "two reports of one run differ"
same three three

# Without another run there is no figure 4; without losses no curves.
"$program" export --run one --output small > log
[[ $(stat -c %s small/frame_generator.safetensors) -lt $(($(stat -c %s one/frame_generator.safetensors) * 6 / 10)) ]] ||
  fail "16 bits are not much smaller"
cmp <(head -1 one/losses.csv) <(head -1 small/losses.csv) || fail "the losses did not come along"
rm small/losses.csv
"$program" report --run small --films 30 > log
[[ ! -e small/report/other-frames.png && ! -e small/report/loss-curves.png ]] || fail "figures of nothing"
[[ $(tail -n +2 small/report/table1.csv | cut -d, -f1 | sort -u) == '"1 ball"' ]] || fail "rows of other runs"

refuse 1 "is the run's own folder" "$program" export --run one --output ./one/
refuse 1 "there is no file" "$program" report --run nowhere
refuse 1 "there is no file" "$program" report --run one --frames-from nowhere
refuse 2 "from 30 to 10000" "$program" report --run one --films 3
mkdir empty
[[ ! -e one/report ]] || fail "a report that nobody asked for"
refuse 1 "gnuplot, which was not found" env PATH=empty "$program" report --run one
[[ ! -e one/report ]] || fail "a folder for a report without gnuplot"
echo 'stage,step' > one/losses.csv
refuse 1 "losses.csv': expected the line 'stage,step," "$program" report --run one
[[ ! -e one/report/report.html ]] || fail "a page of half a report"
