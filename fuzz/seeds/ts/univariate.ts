@problemName x
@timestamps false
@univariate true
@equalLength true
@seriesLength 3
@classLabel true a b
@data
1,2,3:a
2,3,4:b
1,1,1:a
0,2,0:b
