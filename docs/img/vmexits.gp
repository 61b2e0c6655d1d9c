set terminal pngcairo size 1000,600 font 'sans,12' background 'white'
set output 'vmexits.png'
$bars << EOD
0 2
1 0.0041
2 2
3 3
4 0.0096
5 2
6 2
7 0.0045
8 0
9 0
10 0
11 0
12 0
13 0
14 0
15 0
EOD
title_text = 'exits by cause'
y_label = 'vmexits per I/O'
n_series = 1
array series[1]
series[1] = 'queue tail'
stacked = 1
rotated = 60
x_first = -0.75
x_last = 15.75
y_top = 3.3
set xlabel "scenario" noenhanced
set xtics ('dynamic-tcg-cm' 0, 'dynamic-tcg-nocm' 1, 'dynamic-vfio-cm' 2, 'dynamic-vhost-devtlb-cm' 3, 'dynamic-vhost-devtlb-nocm' 4, 'dynamic-vhost-map-unmap-cm' 5, 'dynamic-vhost-unmap-cm' 6, 'dynamic-vhost-unmap-nocm' 7, 'static-tcg-cm' 8, 'static-tcg-nocm' 9, 'static-vfio-cm' 10, 'static-vhost-devtlb-cm' 11, 'static-vhost-devtlb-nocm' 12, 'static-vhost-map-unmap-cm' 13, 'static-vhost-unmap-cm' 14, 'static-vhost-unmap-nocm' 15)
set label '2.000' at 0, 2 center offset 0,0.6 font ',8'
set label '0.004' at 1, 0.0041 center offset 0,0.6 font ',8'
set label '2.000' at 2, 2 center offset 0,0.6 font ',8'
set label '3.000' at 3, 3 center offset 0,0.6 font ',8'
set label '0.010' at 4, 0.0096 center offset 0,0.6 font ',8'
set label '2.000' at 5, 2 center offset 0,0.6 font ',8'
set label '2.000' at 6, 2 center offset 0,0.6 font ',8'
set label '0.004' at 7, 0.0045 center offset 0,0.6 font ',8'
set label '0' at 8, 0 center offset 0,0.6 font ',8'
set label '0' at 9, 0 center offset 0,0.6 font ',8'
set label '0' at 10, 0 center offset 0,0.6 font ',8'
set label '0' at 11, 0 center offset 0,0.6 font ',8'
set label '0' at 12, 0 center offset 0,0.6 font ',8'
set label '0' at 13, 0 center offset 0,0.6 font ',8'
set label '0' at 14, 0 center offset 0,0.6 font ',8'
set label '0' at 15, 0 center offset 0,0.6 font ',8'
# bars.gp - bars per run, stacked or side by side. `dmachurn plot` puts the data before this text:
#   $bars     a row a bar: x, then the values of the series (stacked: sums up to the series)
#   n_series, series (array of names), stacked, title_text, y_label, x_first, x_last, y_top,
#   rotated (degrees that the ticks' labels are turned, 0: level)
# and the ticks, the groups' names and the numbers above the bars. `dmachurn plot -o FILE.gp` writes
# the whole script, to be edited and run by gnuplot.

# Okabe-Ito colours, which the colour-blind can tell apart. Three are solid, of different brightness; the
# others have a pattern each, so that they differ in grey, too.
array colour[8] = ["#0072B2", "#E69F00", "#F0E442", "#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#000000"]
array fill[8] = [3, 4, 3, 2, 3, 5, 1, 6]

set title title_text noenhanced
set ylabel y_label noenhanced
set xrange [x_first:x_last]
set yrange [0:y_top]
set border 3
set ytics nomirror
set xtics nomirror noenhanced scale 0
if (rotated) { set xtics rotate by rotated right }
set grid ytics lc rgb "#dddddd" lt 1
set style fill border lc rgb "black"
set key tmargin center horizontal Left reverse noenhanced samplen 2 spacing 1.3
set boxwidth stacked ? 0.7 : 0.8 / n_series
side(k) = stacked ? 0 : (k - (n_series + 1) / 2.0) * 0.8 / n_series

if (stacked) {
	plot for [i=0:n_series-1] $bars using 1:(column(1 + n_series - i)) with boxes \
		fs pattern fill[(n_series - i - 1) % 8 + 1] border lc rgb "black" \
		lc rgb colour[(n_series - i - 1) % 8 + 1] title series[n_series - i]
} else {
	plot for [k=1:n_series] $bars using ($1 + side(k)):(column(1 + k)) with boxes \
		fs pattern fill[(k - 1) % 8 + 1] border lc rgb "black" \
		lc rgb colour[(k - 1) % 8 + 1] title series[k]
}
