import torch, random, math, itertools
from fractions import Fraction as F
torch.set_num_threads(1)
random.seed(0)
def fma(a,b,c): return float(F(a)*F(b)+F(c))
def T(v): return torch.tensor(v,dtype=torch.float64)
c={}
def hit(k,b): c[k]=c.get(k,0)+b
N=2000
for _ in range(N):
    a=[random.gauss(0,1) for _ in range(4)]; b=[random.gauss(0,1) for _ in range(4)]
    p=[x*y for x,y in zip(a,b)]
    o=T(a).dot(T(b)).item()
    hit("seq",o==((p[0]+p[1])+p[2])+p[3]); hit("pair02",o==(p[0]+p[2])+(p[1]+p[3])); hit("pair01",o==(p[0]+p[1])+(p[2]+p[3])); hit("pair03",o==(p[0]+p[3])+(p[1]+p[2]))
    f=p[0]
    for i in (1,2,3): f=fma(a[i],b[i],f)
    hit("fmaseq",o==f)
    g=(fma(a[2],b[2],p[0]),fma(a[3],b[3],p[1])); hit("fma02",o==g[0]+g[1])
    s=T(a).norm(2).item()
    q=[x*x for x in a]
    f=q[0]
    for i in (1,2,3): f=fma(a[i],a[i],f)
    for nm,v in dict(seq=((q[0]+q[1])+q[2])+q[3],p02=(q[0]+q[2])+(q[1]+q[3]),p01=(q[0]+q[1])+(q[2]+q[3]),fseq=f,f02=fma(a[2],a[2],q[0])+fma(a[3],a[3],q[1])).items(): hit("norm "+nm,s==math.sqrt(v))
    M=T(a).view(2,2)
    for d in (-1,-2):
        n=torch.norm(M,dim=d).tolist()
        pr=[(a[0],a[1]),(a[2],a[3])] if d==-1 else [(a[0],a[2]),(a[1],a[3])]
        hit(f"rown{d} plain",all(math.sqrt(x*x+y*y)==z for (x,y),z in zip(pr,n)))
        hit(f"rown{d} fma",all(math.sqrt(fma(y,y,x*x))==z for (x,y),z in zip(pr,n)))
    r=M[:,:1].abs().rsqrt().flatten().tolist()
    hit("rsqrt",all(1/math.sqrt(abs(x))==z for x,z in zip((a[0],a[2]),r)))
    mm=(M[:,:1]@M[:1,:]).flatten().tolist(); hit("outer",mm==[a[0]*a[0],a[0]*a[1],a[2]*a[0],a[2]*a[1]])
    hit("mean",M[:,:1].mean(dim=-2,keepdim=True).item()==(a[0]+a[2])/2)
    hit("abssum",T(a).abs().sum().item()==((abs(a[0])+abs(a[1]))+abs(a[2]))+abs(a[3]))
print({k:round(v/N,3) for k,v in c.items()})
