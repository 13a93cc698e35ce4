@problemName x
@univariate false
@classLabel true 1 2
@data
1,2,3:4,5,6:1
2,3:4,5:2
1,1:1,2:1
0,2,1,1:0,0,1,2:2
